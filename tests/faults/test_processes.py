"""Processes that a command has started, or that get in its way."""

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import yaml
from children import Child, Ended, dcanet
from crash_points import At
from fault_counting import HEALED, REFUSED, UNMOVED, Faults
from laboratory import EPOCHS, STAGES, TARGET, forget, run_of
from outcomes import stopped_in_one_line

pytestmark = pytest.mark.faults

STATE = f"{run_of(TARGET)}/state"
TRAIN = STAGES["train"]


def wait_for(what: Callable[[], object], child: Child) -> None:
    """Until something is so; an error when the command ends before."""
    while not what():
        assert child.process.is_alive(), child.end().text
        time.sleep(0.005)


def descendants(pid: int) -> Iterator[int]:
    """Processes started by a process, and by those; the nearest first. Any may end meanwhile."""
    listed: list[str] = []
    with contextlib.suppress(OSError):
        listed = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    for child in map(int, listed):
        yield child
        yield from descendants(child)


def running(pid: int, word: bytes) -> list[int]:
    """Descendants with a word in their command line."""
    found = []
    for each in descendants(pid):
        with contextlib.suppress(OSError):
            if word in Path(f"/proc/{each}/cmdline").read_bytes():
                found.append(each)
    return found


@pytest.mark.parametrize(
    "number", [signal.SIGKILL, signal.SIGSEGV, pytest.param(signal.SIGBUS, marks=pytest.mark.lengthy)]
)
def test_a_loader_process_is_killed(number, run, same, faults: Faults):
    """In mid-training, and as soon as it is there: it cannot have sent all of its batches yet."""
    forget(run, TRAIN)
    assert dcanet(run, *TRAIN.command, fault=At("begun", 4, run)).killed
    assert list((run / STATE).glob("state-*.json"))
    child = Child(run, [*TRAIN.command, "--workers", "1"])
    # The server of such processes, and the one that it has made.
    wait_for(lambda: len(running(child.pid, b"forkserver")) == 2, child)
    os.kill(running(child.pid, b"forkserver")[1], number)
    ended = child.end()
    assert stopped_in_one_line(ended), ended.text
    assert "a loader process died" in ended.text
    ended = dcanet(run, *TRAIN.command, "--workers", "1")
    assert ended.code == 0, ended.text
    assert same(run, TRAIN)
    faults.count(f"loader process: {number.name}", "train", HEALED)


def test_a_rank_is_killed(run, faults: Faults):
    """Ranks cost an import of torch each; two of them compute sums in another order than one."""
    command = [*TRAIN.command, "--processes", "2"]
    recipe = run / "config/recipes/tiny.yaml"
    # Of 32 pixels one would be left: normalised over the two images of a rank, it lets gradients explode.
    recipe.write_text(yaml.safe_dump(EPOCHS | {"preprocessing": {"resize": 64, "crop": 64}}))
    forget(run, TRAIN)
    assert dcanet(run, *command).code == 0
    weights = run / TRAIN.files[0]
    undisturbed = weights.read_bytes()
    forget(run, TRAIN)
    for rank in (0, 1):
        ended = killed_in_training(run, command, rank)
        assert stopped_in_one_line(ended), ended.text
        assert f"rank {rank}: killed by SIGKILL" in ended.text
        faults.count("kill -9 of a rank", "train", HEALED)
    ended = dcanet(run, *command)
    assert ended.code == 0, ended.text
    assert weights.read_bytes() == undisturbed


def killed_in_training(run: Path, command: list[str], rank: int) -> Ended:
    """Again where the training has come to its end before the kill, as it may on a busy machine."""
    for _ in range(10):
        forget(run, TRAIN)
        shutil.rmtree(run / STATE, ignore_errors=True)
        child = Child(run, command)
        while child.process.is_alive() and not list((run / STATE).glob("state-*.json")):
            time.sleep(0.005)
        ranks = running(child.pid, b"dcanet.cli")
        if len(ranks) == 2:
            with contextlib.suppress(ProcessLookupError):
                os.kill(ranks[rank], signal.SIGKILL)
        if (ended := child.end()).code:
            return ended
    raise AssertionError("ten trainings have ended before the kill")


def test_two_trainings_on_one_state(run, same, faults: Faults):
    """The second says so; the first goes on as if nothing had been."""
    forget(run, TRAIN)
    first = Child(run, TRAIN.command)
    wait_for(lambda: (run / STATE / "lock").exists(), first)
    os.kill(first.pid, signal.SIGSTOP)
    for _ in range(3):
        second = dcanet(run, *TRAIN.command)
        assert stopped_in_one_line(second), second.text
        assert f"{STATE}: another training is at work with this state" in second.text
        faults.count("two trainings on one state", "train", REFUSED)
    os.kill(first.pid, signal.SIGCONT)
    ended = first.end()
    assert ended.code == 0, ended.text
    assert same(run, TRAIN)
    assert not (run / STATE).exists()


@pytest.mark.parametrize("name", ["evaluate", "statistics", "report"])
def test_two_at_once(name, run, same, faults: Faults):
    """Where there is no state both write the same, and nobody sees half of it."""
    stage = STAGES[name]
    forget(run, stage)
    both = [Child(run, stage.command) for _ in range(2)]
    for ended in (child.end() for child in both):
        assert ended.code == 0, ended.text
    assert same(run, stage)
    faults.count("two at once", name, UNMOVED)


def test_the_output_is_read_by_nobody(run, same, faults: Faults):
    """A reader of the output that goes away, as `head` does."""
    stage = STAGES["statistics"]
    forget(run, stage)
    line = [sys.executable, "-m", "dcanet.cli", *stage.command]
    with subprocess.Popen(
        line, cwd=run, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        process.stdout.close()
        assert process.stderr is not None
        assert "Traceback" not in process.stderr.read()
    assert same(run, stage)
    faults.count("closed output", "statistics", UNMOVED)
