"""What Snakemake's own logs say: which jobs failed, which SLURM jobs they were, and whether a run ended."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from .log_end import Line, clean

FOLDER = Path(".snakemake/log")
#: Newest logs that are read, and bytes of each.
RUNS, BYTES = 30, 1 << 26
_LONGEST = 1 << 20

_ERROR = re.compile(r"Error in (?:rule|group) ([^\s:,]+)")
_FIELD = re.compile(r"\s+(jobid|output|log|external_jobid): (.+)")
_SUBMITTED = re.compile(r"Job (\d+) has been submitted with SLURM jobid (\d+)\w* \(log: (.+)\)\.")
_RESTART = re.compile(r"Trying to restart job (\d+)\.")
_FINISHED = re.compile(r"Finished jobid: (\d+)")
_STATUS = re.compile(r"returned non-zero exit status (\d+)|died with <Signals\.(\w+)")
_NOTE = re.compile(r"sbatch failed|SLURM-job '|submission failed|MissingOutputException|sbatch: error")


@dataclass
class Failure:
    """The latest "Error in rule" of some outputs."""

    rule: str
    log_file: Path
    jobid: str = ""
    outputs: list[str] = field(default_factory=list)
    logs: list[str] = field(default_factory=list)
    slurm_job: str | None = None
    said: list[Line] = field(default_factory=list)


@dataclass
class Submission:
    """A job handed to SLURM; `settled` when Snakemake has heard of its end."""

    slurm_job: str
    log: str
    settled: bool = False


@dataclass
class Run:
    """One call of Snakemake; jobs are numbered within it."""

    path: Path
    host: str = ""
    slurm_run: str = ""
    ended: bool = False
    failures: list[Failure] = field(default_factory=list)
    submissions: dict[str, Submission] = field(default_factory=dict)

    @property
    def unsettled(self) -> list[Submission]:
        """Submissions whose end Snakemake has not heard of."""
        return [found for found in self.submissions.values() if not found.settled]


def read_runs(folder: Path = FOLDER) -> list[Run]:
    """The newest runs, the earliest first; none where Snakemake has not run."""
    logs = sorted(path for path in folder.glob("*.snakemake.log") if path.is_file())
    return [read_run(path) for path in logs[-RUNS:]]


def read_run(path: Path) -> Run:
    """What one log says; of a very long one its beginning."""
    run = Run(path)
    failure: Failure | None = None
    status: Line | None = None
    for line in _lines(path):
        text = line.text
        if failure is not None and (not text or text[0].isspace()):
            _note(run, failure, line)
            continue
        failure = None
        if found := _ERROR.match(text):
            failure = Failure(found[1], path, said=[status] if status else [])
            run.failures.append(failure)
            status = None
        elif _STATUS.search(text) or _NOTE.search(text):
            status = Line(line.number, re.sub(r"^Command '.*' (?=returned|died)", "command ", text))
        elif found := _SUBMITTED.match(text):
            run.submissions[found[1]] = Submission(found[2], found[3])
        elif found := _FINISHED.match(text):
            _settle(run, found[1])
        elif text.startswith("SLURM run ID: "):
            run.slurm_run = text.removeprefix("SLURM run ID: ").strip()
        elif text.startswith("  Host: "):
            run.host = text.removeprefix("  Host: ").strip()
        run.ended |= text.startswith(("Complete log", "Nothing to be done"))
    return run


def _note(run: Run, failure: Failure, line: Line) -> None:
    """Take in a line of an error's block."""
    if found := _FIELD.match(line.text):
        name, value = found.groups()
        if name == "jobid":
            failure.jobid = value
            _settle(run, value)
            submitted = run.submissions.get(value)
            failure.slurm_job = submitted.slurm_job if submitted else None
        elif name == "external_jobid":  # of SLURM's, unless another executor ran it
            failure.slurm_job = value if value.isdecimal() else None
        elif name == "output":
            failure.outputs = value.split(", ")
        else:
            failure.logs = re.sub(r" \(check log file.*", "", value).split(", ")
    elif _NOTE.search(line.text):
        failure.said.append(line)


def _settle(run: Run, jobid: str) -> None:
    if submitted := run.submissions.get(jobid):
        submitted.settled = True


def _lines(path: Path) -> Iterator[Line]:
    try:
        with open(path, "rb") as file:
            number, read = 0, 0
            while read < BYTES and (data := file.readline(_LONGEST)):
                number, read = number + 1, read + len(data)
                yield Line(number, clean(data.removesuffix(b"\n"), _LONGEST))
    except OSError:
        return
