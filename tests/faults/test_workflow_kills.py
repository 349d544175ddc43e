"""kill -9 of Snakemake in mid-run, with and without its jobs, and two of them in one folder."""

import contextlib
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from fault_counting import HEALED, REFUSED, Faults
from laboratory import PAIR, STAGES, Stage, evaluate, run_of, train
from working_copy import snakemake

pytestmark = pytest.mark.faults

MADE = [stage for model in PAIR for stage in (train(model), evaluate(model))]


def start(run: Path) -> subprocess.Popen[bytes]:
    """Snakemake making Table 1, as the leader of a process group."""
    environment = os.environ | {"PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}
    return subprocess.Popen(
        [sys.executable, "-m", "snakemake", "--cores", "2", "table1"],
        cwd=run,
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )


def jobs_in(run: Path) -> list[int]:
    """Processes that work in a folder."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if os.readlink(folder / "cwd") == str(run):
                found.append(int(folder.name))
    return found


def end_jobs(run: Path) -> None:
    for pid in jobs_in(run):
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    while jobs_in(run):
        time.sleep(0.02)


def complete(run: Path, same) -> None:
    """What a user does after a crash leaves the undisturbed numbers."""
    assert snakemake(run, "--unlock").returncode == 0
    done = snakemake(run, "table1")
    assert done.returncode == 0, done.stdout + done.stderr
    assert all(same(run, stage) for stage in MADE)


def begin_anew(run: Path) -> Path:
    for stage in (*MADE, STAGES["describe"]):
        for name in stage.files:
            (run / name).unlink()
    return run


@pytest.fixture
def fresh(run: Path) -> Path:
    return begin_anew(run)


def whole_or_absent(run: Path, same) -> bool:
    files = [name for stage in MADE for name in stage.files]
    return all(not (run / name).exists() or same(run, Stage((), (name,))) for name in files)


def test_killed_at_random_moments(fresh, same, faults: Faults):
    """As when the power goes: Snakemake and all of its jobs."""
    choice = random.Random(0)
    kills, longest = 0, 20.0
    while kills < 4:
        process, started = start(fresh), time.monotonic()
        with contextlib.suppress(subprocess.TimeoutExpired):
            # On a fast machine all may be made between the kills.
            assert process.wait(choice.uniform(longest / 5, longest)) == 0
            longest = time.monotonic() - started
            begin_anew(fresh)
            continue
        os.killpg(process.pid, signal.SIGKILL)
        assert process.wait() == -signal.SIGKILL
        kills += 1
        end_jobs(fresh)
        assert whole_or_absent(fresh, same)
        assert snakemake(fresh, "--unlock").returncode == 0
        faults.count("kill -9 of Snakemake and its jobs", "workflow", HEALED)
    complete(fresh, same)


def test_killed_alone(fresh, same, faults: Faults):
    """Its jobs work on, and no second training gets in their way."""
    state = fresh / run_of(PAIR[0]) / "state"
    process = start(fresh)
    while not (state / "lock").exists():
        assert process.poll() is None
        time.sleep(0.02)
    process.kill()
    process.wait()
    trainings = jobs_in(fresh)
    for pid in trainings:
        os.kill(pid, signal.SIGSTOP)
    locked = snakemake(fresh, "table1")
    assert locked.returncode != 0
    assert "cannot be locked" in locked.stdout + locked.stderr
    assert "Traceback" not in locked.stdout + locked.stderr
    assert snakemake(fresh, "--unlock").returncode == 0
    refused = snakemake(fresh, "table1")
    assert refused.returncode != 0
    assert "another training is at work with this state" in refused.stdout + refused.stderr
    faults.count("kill -9 of Snakemake alone", "workflow", HEALED)
    for pid in trainings:
        os.kill(pid, signal.SIGCONT)
    end_jobs(fresh)
    complete(fresh, same)


def test_two_in_one_folder(fresh, same, faults: Faults):
    """The second says that the folder is locked, and the first does all."""
    first = start(fresh)
    locks = fresh / ".snakemake/locks"
    while not (locks.exists() and any(locks.iterdir())):
        assert first.poll() is None
        time.sleep(0.02)
    # On a busy machine it would be done before the second has looked.
    os.killpg(first.pid, signal.SIGSTOP)
    try:
        both = [snakemake(fresh, "table1") for _ in range(2)]
    finally:
        os.killpg(first.pid, signal.SIGCONT)
    for second in both:
        said = second.stdout + second.stderr
        assert second.returncode != 0
        assert "Directory cannot be locked" in said
        assert "Traceback" not in said
        faults.count("two Snakemakes in one folder", "workflow", REFUSED)
    assert first.wait(600) == 0
    assert all(same(fresh, stage) for stage in MADE)
