"""Jobs of several ranks end together, with one clear error and the right exit code."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import rank_jobs as jobs

from dcanet.distributed.launch import is_rank, launch
from dcanet.errors import UserError

RANK = "import os, signal, subprocess, sys, time; rank = int(os.environ['RANK'])\n"

linux = pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")


def run(code, processes=2):
    """The outcome of a job whose ranks run some lines of Python, and its seconds."""
    started = time.monotonic()
    return *jobs.run("-c", RANK + code, processes=processes), time.monotonic() - started


def alive(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except OSError:
        return False


def test_what_a_rank_is_told(monkeypatch):
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    monkeypatch.setenv("OTHER", "kept")
    told = "RANK LOCAL_RANK WORLD_SIZE LOCAL_WORLD_SIZE MASTER_ADDR OMP_NUM_THREADS OTHER"
    lines = f"print([os.environ[name] for name in {told!r}.split()], file=sys.stderr)"
    code, stdout, stderr, _ = run(lines + "; print(rank)", processes=3)
    assert (code, stdout) == (0, "0\n")
    threads = max(1, len(os.sched_getaffinity(0)) // 3)
    expected = [
        f"{prefix}['{rank}', '{rank}', '3', '3', '127.0.0.1', '{threads}', 'kept']"
        for rank, prefix in enumerate(("", "rank 1: ", "rank 2: "))
    ]
    assert sorted(stderr.splitlines()) == sorted(expected)


def test_a_killed_rank_ends_the_job():
    """In the middle of a collective that the other one waits in."""
    started = time.monotonic()
    code, stdout, stderr = jobs.run(jobs.EXAMPLE, "killed")
    assert (code, stdout) == (1, "")
    assert stderr.splitlines() == [
        "dcanet: rank 1: killed by SIGKILL (did the machine run out of memory?); the other ranks were ended"
    ]
    assert time.monotonic() - started < 60


def test_an_exception_is_shown_of_the_rank_that_raised_it():
    code, _, stderr = jobs.run(jobs.EXAMPLE, "exception")
    lines = stderr.splitlines()
    assert code == 1
    assert lines[0] == "rank 1: Traceback (most recent call last):"
    assert lines[-1] == "rank 1: ValueError: no such thing"
    assert all(line.startswith("rank 1: ") for line in lines)


def test_a_users_error_is_shown_once():
    """Of both ranks, or of one while the other is busy and gets killed."""
    error = "print('dcanet: recipe.yaml: epochs: must be more than 0', file=sys.stderr); sys.exit(1)"
    for lines in (error, f"if rank == 0: time.sleep(60)\n{error}"):
        code, _, stderr, seconds = run(lines)
        assert (code, stderr) == (1, "dcanet: recipe.yaml: epochs: must be more than 0\n")
        assert seconds < 15


def test_of_two_errors_the_cause_is_shown():
    """The rank that lost contact ends first, and is not to blame."""
    lines = """
if rank == 0:
    sys.exit("dcanet: rank 0: lost contact with another rank (closed); see its own error")
time.sleep(0.5)
raise ValueError("the cause")
"""
    code, _, stderr, _ = run(lines)
    assert code == 1
    assert "lost contact" not in stderr
    assert stderr.endswith("rank 1: ValueError: the cause\n")


@pytest.mark.parametrize("doing", ["leaves", pytest.param("hangs", marks=pytest.mark.slow)])
def test_lost_contact_is_shown_when_nobody_else_fails(doing):
    code, _, stderr = jobs.run(jobs.EXAMPLE, doing)
    assert code == 1
    assert stderr.startswith("dcanet: rank 0: lost contact with another rank (")
    assert stderr.endswith("); see its own error\n")
    assert stderr.count("\n") == 1


@pytest.mark.parametrize(
    ("lines", "expected", "message"),
    [
        ("sys.exit(75)", 75, ""),
        ("sys.exit(75 if rank else 0)", 75, ""),
        ("sys.exit(3 if rank else 75)", 3, "dcanet: rank 1: ended with exit code 3\n"),
        (
            "os.abort() if rank else None",
            1,
            "dcanet: rank 1: killed by SIGABRT; the other ranks were ended\n",
        ),
    ],
)
def test_exit_codes(lines, expected, message):
    code, _, stderr, _ = run(lines)
    assert (code, stderr) == (expected, message)


def test_a_traceback_that_is_not_the_end_is_not_lost():
    code, _, stderr, _ = run(
        "import traceback\ntry: 1 / 0\nexcept ZeroDivisionError: traceback.print_exc()", 1
    )
    assert code == 0
    assert stderr.endswith("ZeroDivisionError: division by zero\n")


def test_asked_to_stop_all_ranks_save(tmp_path):
    with jobs.start(jobs.EXAMPLE, "stop", str(tmp_path)) as launcher:
        jobs.wait_for(lambda: len(list(tmp_path.iterdir())) == 2)
        launcher.terminate()
        _, stderr = launcher.communicate(timeout=60)
    assert (launcher.returncode, stderr) == (75, "")
    assert sorted(path.name for path in tmp_path.glob("saved*")) == ["saved0", "saved1"]


@pytest.mark.parametrize("number", [signal.SIGUSR1, signal.SIGINT])
def test_other_signals_are_passed_on(number, tmp_path):
    lines = f"""
signal.signal({number:d}, lambda *_: sys.exit(75))
open(os.path.join({str(tmp_path)!r}, str(rank)), "w").close()
time.sleep(60)
"""
    with jobs.start("-c", RANK + lines) as launcher:
        jobs.wait_for(lambda: len(list(tmp_path.iterdir())) == 2)
        launcher.send_signal(number)
        _, stderr = launcher.communicate(timeout=60)
    assert (launcher.returncode, stderr) == (75, "")


def test_asked_to_stop_before_a_rank_can_save(tmp_path):
    lines = f"{RANK}\nopen(os.path.join({str(tmp_path)!r}, str(rank)), 'w'); time.sleep(60)"
    with jobs.start("-c", lines) as launcher:
        jobs.wait_for(lambda: len(list(tmp_path.iterdir())) == 2)
        launcher.terminate()
        _, stderr = launcher.communicate(timeout=60)
    assert launcher.returncode == 128 + signal.SIGTERM
    assert stderr in [f"dcanet: rank {rank}: ended by SIGTERM without saving\n" for rank in (0, 1)]


@linux
@pytest.mark.parametrize("end", ["launcher killed", "rank killed", "rank done"])
def test_nothing_is_left_running(end, tmp_path):
    """Neither ranks nor, as long as there is a launcher to see to it, what they have started."""
    lines = f"""
child = subprocess.Popen(["sleep", "60"])
name = os.path.join({str(tmp_path)!r}, str(rank))
with open(name + ".part", "w") as file: print(os.getpid(), child.pid, file=file)
os.rename(name + ".part", name)
time.sleep(0 if {end == "rank done"} else 60)
"""
    with jobs.start("-c", RANK + lines, stderr=subprocess.DEVNULL) as launcher:
        files = [tmp_path / "0", tmp_path / "1"]
        jobs.wait_for(lambda: all(path.exists() for path in files))
        pids = [[int(pid) for pid in path.read_text().split()] for path in files]
        if end == "launcher killed":
            launcher.kill()
            expected = [pid for pid, _ in pids]
        else:
            expected = [pid for pair in pids for pid in pair]
        if end == "rank killed":
            os.kill(pids[1][0], signal.SIGKILL)
        jobs.wait_for(lambda: not any(alive(pid) for pid in expected))
        for _, child in pids:
            if alive(child):
                os.kill(child, signal.SIGKILL)
    assert launcher.returncode == {"launcher killed": -signal.SIGKILL, "rank killed": 1, "rank done": 0}[end]


def test_rank_0_has_a_terminal_for_its_progress():
    here, there = os.openpty()
    lines = "sys.stderr.write(f'{sys.stderr.isatty()} {rank}\\r 50%\\r100%\\n')"
    with jobs.start("-c", RANK + lines, stderr=there) as launcher:
        assert launcher.wait(timeout=60) == 0
    os.close(there)
    shown = os.read(here, 4096).decode()
    os.close(here)
    # Its carriage returns arrive as they are, without a name before them; rank 1's lines may come between.
    assert "True 0\r" in shown
    assert "rank 0" not in shown
    assert "False 1\r" in shown


def test_none_is_too_few():
    with pytest.raises(UserError, match="processes: must be at least 1, not 0"):
        launch(["true"], 0)


def test_is_rank(monkeypatch):
    for name in ("RANK", "WORLD_SIZE", "LOCAL_RANK", "MASTER_ADDR", "MASTER_PORT"):
        assert not is_rank()
        monkeypatch.setenv(name, "1")
    assert is_rank()
