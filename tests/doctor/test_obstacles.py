"""What is in the way of a run: the lock of a Snakemake that was killed, jobs that run on, vain waiting."""

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from doctor.tools import only_tools, put_tool

from dcanet.doctor.diagnose import diagnose
from dcanet.doctor.obstacles import NOTICED, obstacles
from dcanet.doctor.processes import Process, processes_in
from dcanet.doctor.slurm import Queued, Record, Slurm
from dcanet.doctor.snakemake_log import Run, Submission

OUTPUT = "results/tiny/classification/se_resnet50/seed0/train/provenance.json"
# A job that looks like one of the workflow's and only waits.
SNAKEFILE = f"""
rule train:
    output: "{OUTPUT}"
    log: "logs/tiny/train/se_resnet50-seed0.log"
    shell:
        "exec {sys.executable} -c 'import time; time.sleep(300)' dcanet train "
        "--out {Path(OUTPUT).parent} > {{log}}"
"""


def wait_for(condition: Callable[[], object]) -> None:
    end = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < end, "it did not come about within a minute"
        time.sleep(0.05)


@pytest.fixture
def started(tmp_path) -> Iterator[subprocess.Popen[bytes]]:
    """A Snakemake that runs one job in tmp_path; both are gone afterwards."""
    (tmp_path / "Snakefile").write_text(SNAKEFILE)
    command = [sys.executable, "-m", "snakemake", "--cores", "1", OUTPUT]
    with subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as run:
        try:
            wait_for(lambda: jobs_in(tmp_path))
            yield run
        finally:
            run.kill()
            kill_jobs(tmp_path)


def jobs_in(folder: Path) -> list[Process]:
    return [process for process in processes_in(folder) if process.is_job]


def kill_jobs(folder: Path) -> None:
    for process in jobs_in(folder):
        with contextlib.suppress(ProcessLookupError):
            os.kill(process.pid, signal.SIGKILL)
    wait_for(lambda: not jobs_in(folder))


def test_a_killed_snakemake(tmp_path, started):
    found = diagnose(tmp_path, "tiny")
    assert found.healthy
    assert [job.state for job in found.jobs] == ["running"]

    started.kill()
    started.wait()
    (job,) = jobs_in(tmp_path)
    found = diagnose(tmp_path, "tiny")
    assert [job.state for job in found.jobs] == ["running"]
    (obstacle,) = found.obstacles
    assert (
        obstacle.problem == f"Snakemake was killed and left its lock; its jobs go on as processes {job.pid}"
    )
    assert obstacle.change == f"kill {job.pid} and wait for their end, snakemake --unlock, run again"
    assert not found.healthy

    kill_jobs(tmp_path)
    found = diagnose(tmp_path, "tiny")
    assert [(job.state, job.cause) for job in found.jobs] == [("interrupted", "stopped")]
    assert found.obstacles[0].change == "snakemake --unlock, run again"


def told(root: Path, run: Run, **known: object) -> list[tuple[str, str]]:
    facts: dict[str, object] = {"processes": [], "slurm": Slurm(), "queue": [], "records": {}}
    return [(found.problem, found.change) for found in obstacles(root, [run], **(facts | known))]


@pytest.fixture
def locked(tmp_path) -> Path:
    (tmp_path / ".snakemake/locks").mkdir(parents=True)
    (tmp_path / ".snakemake/locks/0.input.lock").write_text("a\n")
    return tmp_path


def test_jobs_of_a_killed_run_are_cancelled_first(locked):
    queue = [Queued(str(job), "RUNNING", "", "", "") for job in range(12, 40)]
    ((problem, change),) = told(locked, Run(Path("log")), queue=queue)
    assert "its SLURM jobs go on: 12 13 " in problem
    assert change.startswith("scancel 12 13 ")
    assert change.endswith(
        " and 8 more (else they are submitted a second time), snakemake --unlock, run again"
    )


def test_a_lock_of_another_machine_may_be_held(locked):
    ((problem, change),) = told(locked, Run(Path("log"), host="login7"))
    assert "on login7" in problem
    assert change.startswith("if none runs there")


@pytest.mark.parametrize(
    ("state", "silent", "hangs"),
    [
        ("PREEMPTED", 0, True),
        ("CANCELLED by 0", NOTICED + 1, True),
        ("TIMEOUT", 0, False),
        ("TIMEOUT", NOTICED + 1, True),
        ("RUNNING", NOTICED + 1, False),
        (None, NOTICED + 1, True),
        (None, 0, False),
    ],
)
def test_a_snakemake_that_waits_in_vain(tmp_path, monkeypatch, state, silent, hangs):
    put_tool(tmp_path / "tools", "squeue", "")
    only_tools(tmp_path / "tools", monkeypatch)
    log = tmp_path / "run.log"
    log.touch()
    os.utime(log, times=(time.time() - silent,) * 2)
    run = Run(log, submissions={"1": Submission("7", "a", settled=True), "2": Submission("8", "b")})
    known = {job: Record(job, state, "sacct") for job in ("7", "8")} if state else {}
    snakemake = Process(123, ("python", "-m", "snakemake"))
    found = told(tmp_path, run, processes=[snakemake], records=known)
    assert len(found) == hangs
    if hangs:
        problem, change = found[0]
        assert f"waits for job 8, which is {state or 'not known to SLURM any more'}" in problem
        assert change.startswith("kill -INT 123: ")
    queue = [Queued("8", "RUNNING", "", "", "")]
    assert told(tmp_path, run, processes=[snakemake], records=known, queue=queue) == []


@pytest.mark.parametrize(
    ("handler", "change"),
    [
        (signal.SIG_DFL, "kill -INT {}: within a minute it cancels its other jobs and frees the lock"),
        (signal.SIG_IGN, "scancel 9, kill -KILL {} (it ignores interrupts), snakemake --unlock"),
    ],
)
def test_a_snakemake_that_ignores_interrupts_is_killed(tmp_path, monkeypatch, handler, change):
    put_tool(tmp_path / "tools", "squeue", "")
    only_tools(tmp_path / "tools", monkeypatch)
    log = tmp_path / "run.log"
    log.touch()
    run = Run(log, submissions={"2": Submission("8", "b")})
    command = [
        sys.executable,
        "-c",
        f"import signal, time; signal.signal(2, {int(handler)}); print(flush=True); ",
    ]
    command[-1] += "time.sleep(300)"
    with subprocess.Popen(command, stdout=subprocess.PIPE) as waiting:
        assert waiting.stdout is not None
        waiting.stdout.readline()
        ((_, told_change),) = told(
            tmp_path,
            run,
            processes=[Process(waiting.pid, ("python", "-m", "snakemake"))],
            records={"8": Record("8", "PREEMPTED", "sacct")},
            queue=[Queued("9", "RUNNING", "", "", "")],
        )
        waiting.kill()
    assert told_change == f"{change.format(waiting.pid)}; run again with slurm-status-command: squeue"


def test_a_process_says_what_it_writes():
    fetch = Process(1, ("/v/bin/python", "/v/bin/dcanet", "weights", "fetch", "x", "--out", "weights/"))
    assert fetch.writes("weights/x.checkpoint", "x")
    assert not fetch.writes("weights/y.checkpoint", "y")
    train = Process(1, ("python", "-m", "dcanet.cli", "train", "--model", "x", "--out", "r/x/seed0/train"))
    assert train.writes("r/x/seed0/train/provenance.json", "x")
    assert not train.writes("r/x/seed1/train/provenance.json", "x")
    report = Process(1, ("/v/bin/python", "/v/bin/dcanet", "report", "r", "--out", "report"))
    assert report.writes("report/index.html", None)
    assert not Process(1, ("less", "report/index.html")).writes("report/index.html", None)


@pytest.mark.parametrize(
    ("arguments", "is_snakemake"),
    [
        (("/v/bin/python", "/v/bin/snakemake", "--cores", "2"), True),
        (("python", "-m", "snakemake"), True),
        (("/v/bin/python", "/v/bin/snakemake", "-n"), False),
        (("python", "-m", "snakemake", "--mode", "remote"), False),
        (("tail", "-f", "a.snakemake.log"), False),
    ],
)
def test_what_counts_as_a_run(arguments, is_snakemake):
    assert Process(1, arguments).is_snakemake == is_snakemake
