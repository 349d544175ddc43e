"""A full disk and folders that cannot be written to, for every file that a command writes."""

import errno
import itertools
import os
import subprocess
from pathlib import Path

import pytest
from children import dcanet
from crash_points import At
from fault_counting import HEALED, Faults
from laboratory import STAGES, by_stage, forget
from limits import FileSize, lose_privileges
from numbers_of import numbers_of
from outcomes import stopped_in_one_line

pytestmark = pytest.mark.faults

#: What writes many files is disturbed at every so manieth.
STRIDES = {"scenes": 3, "train": 3}
NO_ROOM = {errno.ENOSPC: "No space left", errno.EROFS: "Read-only"}


@pytest.mark.parametrize("name", [by_stage(name) for name in STAGES if name != "audit"])
def test_no_room_for_each_file(name, run, same, faults: Faults):
    """The error comes after half of the file has been written, or when it is to be begun."""
    stage = STAGES[name]
    forget(run, stage)
    kinds = itertools.cycle([(errno.ENOSPC, "half written"), (errno.EROFS, "begun")])
    for number, (code, moment) in zip(itertools.count(0, STRIDES.get(name, 1)), kinds, strict=False):
        ended = dcanet(run, *stage.command, fault=At(moment, number, run, code))
        if ended.code == 0:
            break
        assert stopped_in_one_line(ended), ended.text
        assert "cannot be written" in ended.text
        assert NO_ROOM[code] in ended.text
        faults.count(os.strerror(code).lower(), name, HEALED)
    assert number > 0
    assert same(run, stage)


@pytest.mark.parametrize(
    "name", [by_stage(name) for name in ("train", "evaluate", "focus", "statistics", "report", "convert")]
)
def test_files_beyond_the_limit(name, run, undisturbed, same, faults: Faults):
    """The system itself refuses the rest. What a command says goes into a file too, below any limit."""
    stage = STAGES[name]
    largest = max((undisturbed / file).stat().st_size for file in stage.files)
    for limit in (max(600, largest // 100), largest // 2, largest * 99 // 100):
        forget(run, stage)
        ended = dcanet(run, *stage.command, fault=FileSize(limit))
        assert stopped_in_one_line(ended), ended.text
        assert "File too large" in ended.text or "is the disk full?" in ended.text
        faults.count("file too large", name, HEALED)
    ended = dcanet(run, *stage.command)
    assert ended.code == 0, ended.text
    assert same(run, stage)


def leave(disk: Path, free: int) -> None:
    """Fill it until so many bytes are left."""
    filling = disk / "filling"
    filling.unlink(missing_ok=True)
    status = os.statvfs(disk)
    filling.write_bytes(bytes(max(0, status.f_bavail * status.f_frsize - free)))


#: Commands whose last argument is where they write.
WRITERS = ("describe", "train", "evaluate", "focus", "statistics", "thumbnails", "report", "convert")


def onto(disk: Path, name: str) -> tuple[list[str], list[Path]]:
    """A stage's command with its results on the disk, and where its files are then."""
    stage = STAGES[name]
    into_folder = not stage.command[-1].endswith(".json")
    target = disk / "results" if into_folder else disk / Path(stage.files[0]).name
    command = [*stage.command[:-1], str(target)]
    if name == "train":
        command[command.index("--state") + 1] = str(disk / "state")
    inside = [Path(file).relative_to(stage.command[-1]) for file in stage.files] if into_folder else [Path()]
    return command, [target / path for path in inside]


def healed(run: Path, command: list[str], places: list[Path], undisturbed: Path, name: str) -> bool:
    """Whether the same command now leaves what an undisturbed one does."""
    ended = dcanet(run, *command)
    assert ended.code == 0, ended.text
    pairs = zip(places, STAGES[name].files, strict=True)
    return all(numbers_of(place) == numbers_of(undisturbed / file) for place, file in pairs)


@pytest.mark.parametrize("name", WRITERS)
def test_a_full_disk(name, run, undisturbed, small_disk, faults: Faults):
    """A real one, which then gets more room."""
    command, places = onto(small_disk, name)
    largest = max((undisturbed / file).stat().st_size for file in STAGES[name].files)
    # A disk is given out in blocks.
    for free in sorted({0, min(largest // 2, 2**21) >> 12 << 12}):
        leave(small_disk, free)
        ended = dcanet(run, *command)
        assert stopped_in_one_line(ended), ended.text
        assert "No space left" in ended.text or "is the disk full?" in ended.text
        faults.count("full disk", name, HEALED)
    (small_disk / "filling").unlink()
    subprocess.run(["mount", "-o", "remount,size=512m", small_disk], check=True)
    assert healed(run, command, places, undisturbed, name)


@pytest.mark.parametrize("name", WRITERS)
def test_a_disk_that_became_read_only(name, run, undisturbed, small_disk, faults: Faults):
    command, places = onto(small_disk, name)
    subprocess.run(["mount", "-o", "remount,ro", small_disk], check=True)
    ended = dcanet(run, *command)
    assert stopped_in_one_line(ended), ended.text
    assert "Read-only file system" in ended.text
    subprocess.run(["mount", "-o", "remount,rw,size=512m", small_disk], check=True)
    assert healed(run, command, places, undisturbed, name)
    faults.count("read-only disk", name, HEALED)


@pytest.mark.parametrize("name", WRITERS)
def test_a_folder_that_may_not_be_written_to(name, run, undisturbed, tmp_path, faults: Faults):
    """Permissions do not count for root, who is one like others for this."""
    place = tmp_path / "place"
    place.mkdir(mode=0o555)
    command, places = onto(place, name)
    ended = dcanet(run, *command, fault=lose_privileges)
    assert stopped_in_one_line(ended), ended.text
    assert "Permission denied" in ended.text
    place.chmod(0o755)
    assert healed(run, command, places, undisturbed, name)
    faults.count("no permission to write", name, HEALED)


@pytest.mark.parametrize("name", ["describe", "train", "evaluate", "statistics", "report"])
def test_a_log_on_a_full_disk(name, run, same, faults: Faults):
    """Rules send what a command says into a log; if that cannot be written, the job has failed."""
    stage = STAGES[name]
    forget(run, stage)
    ended = dcanet(run, *stage.command, fault=say_nowhere)
    assert ended.code != 0
    assert "Traceback" not in ended.text
    ended = dcanet(run, *stage.command)
    assert ended.code == 0, ended.text
    assert same(run, stage)
    faults.count("full disk below the log", name, HEALED)


def say_nowhere() -> None:
    os.dup2(os.open("/dev/full", os.O_WRONLY), 1)
