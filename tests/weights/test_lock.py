"""The lock records once, then insists; jobs that record at once lose nothing."""

import hashlib
import subprocess
import sys
import textwrap

import pytest

from dcanet.errors import UserError
from dcanet.weights.lock import Entry, Lock


@pytest.fixture
def lock(tmp_path):
    return Lock(tmp_path / "config" / "weights.lock")


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "a.pth.tar"
    path.write_bytes(b"first")
    return path


def test_records_at_first_use_and_accepts_the_same_again(lock, file):
    entry = lock.verify("drive:1abc", "resnet50", file)
    assert entry == Entry("resnet50", 5, hashlib.sha256(b"first").hexdigest())
    before = lock.path.read_bytes()
    assert lock.verify("drive:1abc", "resnet50", file) == entry
    assert lock.path.read_bytes() == before
    assert lock.matches("drive:1abc", file)
    assert not lock.matches("drive:other", file)


def test_change_is_refused_with_both_shown_until_it_is_accepted(lock, file):
    old = lock.verify("drive:1abc", "resnet50", file)
    file.write_bytes(b"another")
    with pytest.raises(UserError) as caught:
        lock.verify("drive:1abc", "resnet50", file)
    message = str(caught.value)
    for piece in (old.sha256, "5 bytes", hashlib.sha256(b"another").hexdigest(), "7 bytes"):
        assert piece in message
    assert message.endswith("dcanet weights fetch --accept-change resnet50")
    assert lock.entries()["drive:1abc"] == old
    lock.verify("drive:1abc", "resnet50", file, accept_change=True)
    assert lock.entries()["drive:1abc"].size == 7


def test_is_sorted_and_one_line_a_file(lock, file):
    for name in ("se_resnet50", "dca_se_resnet50", "resnet50"):
        lock.verify(f"drive:{name}", name, file)
    lines = lock.path.read_text().splitlines()
    assert lines[0].startswith("#")
    assert [line.split("\t")[1] for line in lines[2:]] == ["dca_se_resnet50", "resnet50", "se_resnet50"]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda text: text.replace("schema 1", "schema 2"), "schema 1"),
        (lambda text: text.replace("\t5\t", "\tfive\t"), "line 3"),
        (lambda text: text + text.splitlines()[2] + "\n", "line 4: drive:1abc is already above"),
        (lambda text: "", "schema 1"),
    ],
)
def test_damaged_lock_is_never_overwritten(lock, file, change, message):
    lock.verify("drive:1abc", "resnet50", file)
    lock.path.write_text(change(lock.path.read_text()))
    before = lock.path.read_bytes()
    with pytest.raises(UserError, match=message):
        lock.verify("drive:2abc", "se_resnet50", file)
    assert lock.path.read_bytes() == before


CHILD = """
    import sys
    from pathlib import Path
    from dcanet.weights.lock import Lock
    for number in range(10):
        Lock(Path(sys.argv[1])).verify(f"drive:{sys.argv[3]}-{number}", sys.argv[3], Path(sys.argv[2]))
"""


def test_jobs_that_record_at_once(lock, file):
    jobs = [
        subprocess.Popen([sys.executable, "-c", textwrap.dedent(CHILD), str(lock.path), str(file), name])
        for name in ("a", "b", "c")
    ]
    assert [job.wait(60) for job in jobs] == [0, 0, 0]
    assert len(lock.entries()) == 30


def test_endless_numbers(lock):
    lock.path.parent.mkdir(parents=True, exist_ok=True)
    head = "# dcanet weights lock, schema 1: what came from each source at its first use\n"
    line = "\t".join(["drive:1", "a", "9" * 5000, "0" * 64])
    lock.path.write_text(f"{head}source\tname\tsize\tsha256\n{line}\n")
    with pytest.raises(UserError, match="line 3: is not"):
        lock.entries()
