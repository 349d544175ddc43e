"""The whole workflow's wall time beside the work of its stages on the same cores.

The workflow runs once in an empty folder, and every command that its jobs start is written down with its
seconds, by the clock and of processors. Those seconds times the cores that a job has, summed and divided by
the cores of the run, are what the commands would take if a core never waited: what the run takes beyond is
Snakemake's start, its pauses between jobs, and cores for which no job is ready. Both sides are from the
same run, so that a machine that others use too stretches both alike.

Then the shortest job of each stage runs again there, without Snakemake, in a process forked from one that
has imported torch and the package already. What the command took beyond that is Python's start and imports,
which every job of the stage has; the rest is its work. Processor times are compared, which waiting for a
core leaves alone. The second figure is both ratios multiplied.
"""

import argparse
import importlib
import os
import shlex
import stat
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tqdm import tqdm

from dcanet.errors import UserError

from .commands import Used, beside_python, used_by, used_in_a_fork, workflow_in
from .outcome import Figure, Outcome, Stopwatch

#: Stands before the real one on the PATH of the jobs, and writes down when each command ran and with what.
RECORDER = """#!/usr/bin/env bash
number=$$-$RANDOM
source=
if [[ " $* " == *" /dev/stdin "* ]]; then source={folder}/$number.stdin; cat > "$source"; exec < "$source"; fi
begin=$EPOCHREALTIME
{dcanet} "$@"
code=$?
end=$EPOCHREALTIME
times > {folder}/$number.times
printf '%s\\0' "$begin" "$end" "$code" "$source" "$@" > {folder}/$number.job
exit $code
"""
#: What takes long to import, of all that stages do.
HEAVY = (
    "torch",
    "numpy",
    "scipy.stats",
    "pyarrow.parquet",
    "PIL.Image",
    "safetensors.torch",
    "hotcoco",
    "pycocotools.cocoeval",
    "altair",
    "jinja2",
    "dcanet.training.loop",
    "dcanet.evaluation.predictions",
    "dcanet.report",
)


@dataclass(frozen=True)
class Job:
    """A command of the run, in seconds since its start."""

    begin: float
    end: float
    processor_seconds: float
    arguments: list[str]
    stdin: Path | None

    @property
    def stage(self) -> str:
        return " ".join(self.arguments[: 2 if self.arguments[0] in ("data", "profile") else 1])


def add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--cores", type=int, default=os.cpu_count(), help="default: all (%(default)s)")
    parser.add_argument(
        "--config", nargs="+", default=["scope=quick"], help="as for snakemake (default: %(default)s)"
    )
    parser.add_argument(
        "--keep", type=Path, metavar="FOLDER", help="run there, or take the run that is there already"
    )


def measure(options: argparse.Namespace) -> Outcome:
    watch = Stopwatch("orchestration")
    with tempfile.TemporaryDirectory() as place:
        home = options.keep or Path(place)
        if not (home / "seconds").exists():
            run_workflow(home, options)
        seconds, jobs = float((home / "seconds").read_text()), jobs_of(home / "jobs")
        for module in HEAVY:
            importlib.import_module(module)
        shortest = {job.stage: job for job in sorted(jobs, key=lambda job: -job.processor_seconds)}
        work = {
            stage: used_warm(job, home / "run").processor_seconds
            for stage, job in tqdm(shortest.items(), desc="work", leave=False, disable=None)
        }
    starts = {stage: max(0.0, job.processor_seconds - work[stage]) for stage, job in shortest.items()}
    cores = [options.cores if job.stage == "profile throughput" else 1 for job in jobs]
    occupied = sum((job.end - job.begin) * of_job for job, of_job in zip(jobs, cores, strict=True))
    commands_s = occupied / options.cores
    of_commands = sum(job.processor_seconds for job in jobs)
    of_work = of_commands - sum(starts[job.stage] for job in jobs)
    case = f"{' '.join(options.config)}, {options.cores} cores, {len(jobs)} jobs"
    sides = {
        "run_s": seconds,
        "commands_s": commands_s,
        "before_the_first_job_s": min(job.begin for job in jobs),
        "no_job_at_all_s": seconds - covered([(job.begin, job.end) for job in jobs]),
    }
    figures = [
        Figure(
            target="orchestration",
            case=case,
            value=seconds / commands_s,
            sides=sides,
            limit="1: no core ever waits",
        ),
        Figure(
            target="orchestration_work",
            case=case,
            value=seconds / commands_s * of_commands / of_work,
            sides=sides | {"commands_processor_s": of_commands, "work_processor_s": of_work},
            limit="importing torch in every job that needs it",
        ),
    ]
    return watch.done(figures, details(jobs, starts), {})


def run_workflow(home: Path, options: argparse.Namespace) -> None:
    """Leaves the run, what its jobs wrote down, and how long it took."""
    for name in ("bin", "jobs", "run"):
        (home / name).mkdir(parents=True)
    recorder = home / "bin" / "dcanet"
    real = shlex.quote(beside_python("dcanet"))
    recorder.write_text(RECORDER.format(dcanet=real, folder=shlex.quote(str(home / "jobs"))))
    recorder.chmod(recorder.stat().st_mode | stat.S_IXUSR)
    folder = workflow_in(home / "run")
    (home / "jobs" / "begin").write_text(str(time.time()))
    whole = used_by(
        [beside_python("snakemake"), "--cores", str(options.cores), "--config", *options.config],
        folder,
        {"PATH": f"{home / 'bin'}{os.pathsep}{os.environ['PATH']}"},
    )
    (home / "seconds").write_text(str(whole.seconds))


def jobs_of(folder: Path) -> list[Job]:
    """In the order in which they ended; UserError for one that failed."""
    begin = float((folder / "begin").read_text())
    jobs = []
    for file in folder.glob("*.job"):
        started, ended, code, stdin, *arguments = file.read_text().split("\0")[:-1]
        if code != "0":
            raise UserError(f"dcanet {' '.join(arguments)}: exit code {code}")
        spent = processor_seconds(file.with_suffix(".times").read_text())
        source = Path(stdin) if stdin else None
        jobs.append(Job(float(started) - begin, float(ended) - begin, spent, arguments, source))
    return sorted(jobs, key=lambda job: job.end)


def processor_seconds(times: str) -> float:
    """Of the children of a shell, as its `times` says in its second line: 0m1.500s 0m0.250s."""
    minutes_and_seconds = [part.rstrip("s").split("m") for part in times.splitlines()[1].split()]
    return sum(60 * float(minutes) + float(seconds) for minutes, seconds in minutes_and_seconds)


def used_warm(job: Job, folder: Path) -> Used:
    """In a fork of this process, which has imported what stages import."""

    def work() -> int:
        from dcanet.cli import main

        os.chdir(folder)
        with open(job.stdin or os.devnull, "rb") as source:
            os.dup2(source.fileno(), 0)
        return main(job.arguments)

    return used_in_a_fork(f"dcanet {' '.join(job.arguments)}", work)


def covered(spans: list[tuple[float, float]]) -> float:
    """Seconds in which at least one runs."""
    total, until = 0.0, 0.0
    for begin, end in sorted(spans):
        total += max(0.0, end - max(begin, until))
        until = max(until, end)
    return total


def details(jobs: list[Job], starts: dict[str, float]) -> dict[str, Any]:
    """Of each stage, and when each job ran."""
    stages: dict[str, dict[str, float]] = {}
    for job in jobs:
        names = ("jobs", "clock_s", "processor_s", "starts_processor_s")
        of_stage = stages.setdefault(job.stage, dict.fromkeys(names, 0.0))
        found = (1, job.end - job.begin, job.processor_seconds, starts[job.stage])
        for name, value in zip(names, found, strict=True):
            of_stage[name] = round(of_stage[name] + value, 3)
    times = [[job.stage, round(job.begin, 2), round(job.end, 2)] for job in jobs]
    return {"stages": stages, "jobs": sorted(times, key=lambda entry: entry[1])}
