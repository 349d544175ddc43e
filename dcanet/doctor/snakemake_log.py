"""What Snakemake's own logs say: which jobs failed, which SLURM jobs they were, and whether a run ended."""

import re
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from .log_end import Line, clean

FOLDER = Path(".snakemake/log")
#: Newest logs that are read, and bytes of each.
RUNS, BYTES = 30, 1 << 26
_LONGEST = 1 << 20

_ERROR = re.compile(r"\s*Error in (?:rule|group) ([^\s:,]+)")
_FIELD = re.compile(r"\s+(jobid|output|log|external_jobid): (.+)")
_SUBMITTED = re.compile(r"Job (\d+) has been submitted with SLURM jobid (\d+)\w* \(log: (.+)\)\.")
_RESTART = re.compile(r"Trying to restart job (\d+)\.")
_FINISHED = re.compile(r"Finished jobid: (\d+)")
_STATUS = re.compile(r"returned non-zero exit status (\d+)|died with <Signals\.(\w+)")
_NOTE = re.compile(r"sbatch failed|SLURM-job '|submission failed|sbatch: error")
_COMMAND = re.compile("^Command '.*' (?=returned|died)")
_NO_OUTPUT = re.compile(r"MissingOutputException in rule (\w+)")
_MISSING = re.compile(r"(\S.*) \(missing locally")
_RESULTS = re.compile(r"\bresults/([\w-]+)/")
_ECHO, _RULED = re.compile(r"Logfile .*:$"), re.compile("=+$")
#: What belongs to the error above it.
_WITHIN = re.compile(r"\s|$|Job \d+ +completed successfully, but")
_REFUSAL = re.compile(r"(?!LockException)\w+(Exception|Error)( in .*)?:")
#: Lines of a refusal that are kept, and ends of commands, which are told a little before their errors.
REFUSAL_LINES, STATUSES = 5, 100


@dataclass
class Failure:
    """The latest "Error in rule" of some outputs."""

    rule: str
    log_file: Path
    jobid: str = ""
    outputs: list[str] = field(default_factory=list)
    logs: list[str] = field(default_factory=list)
    slurm_job: str | None = None
    status: list[Line] = field(default_factory=list)
    """What its command ended with."""
    said: list[Line] = field(default_factory=list)


@dataclass
class Submission:
    """A job handed to SLURM; `settled` when Snakemake has heard of its end."""

    slurm_job: str
    log: str
    settled: bool = False


@dataclass
class Run:
    """One call of Snakemake; jobs are numbered within it. `refusal` is why it ran none at all."""

    path: Path
    host: str = ""
    slurm_run: str = ""
    experiments: set[str] = field(default_factory=set)
    refusal: list[Line] = field(default_factory=list)
    failures: list[Failure] = field(default_factory=list)
    submissions: dict[str, Submission] = field(default_factory=dict)

    def is_of(self, experiment: str) -> bool:
        """Whether it may have made results of an experiment: it names them, or none of any."""
        return not self.experiments or experiment in self.experiments

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
    return _Reader(path).run


class _Reader:
    """Reads a log line by line; an error's fields are in the lines below it.

    Jobs side by side speak in turns: what a job's command ended with is told by the log that it names. Logs
    of failed jobs that are shown again, between two rules of the same length, are not read.
    """

    def __init__(self, path: Path) -> None:
        self.run = Run(path)
        self.failure: Failure | None = None
        self.statuses: deque[tuple[str, Line]] = deque(maxlen=STATUSES)
        self.chosen = False
        self.echo: str | None = None
        for line in _lines(path):
            if not self._echoes(line.text):
                self._read(line)
        if self.chosen:
            self.run.refusal = []

    def _echoes(self, text: str) -> bool:
        """Whether a line is of a log that is shown again; `echo` is what ends it, empty until known."""
        if self.echo is None:
            self.echo = "" if _ECHO.match(text) else None
        elif self.echo == "":
            self.echo = text if _RULED.match(text) else None
        elif text == self.echo:
            self.echo = None
        else:
            return True
        return self.echo is not None

    def _read(self, line: Line) -> None:
        text = line.text
        if found := _ERROR.match(text):
            self._begin(Failure(found[1], self.run.path, status=[line for _, line in self.statuses][-1:]))
        elif self.failure and (missing := _MISSING.match(text)):
            self.failure.outputs.append(missing[1])
        elif self.failure and _WITHIN.match(text):
            self._note(self.failure, line)
        elif found := _NO_OUTPUT.match(text):
            self._begin(Failure(found[1], self.run.path, said=[line]))
        else:
            self.failure = None
            self._fact(line)

    def _begin(self, failure: Failure) -> None:
        self.failure = failure
        self.run.failures.append(failure)

    def _note(self, failure: Failure, line: Line) -> None:
        """Take in a line of an error's block."""
        if found := _FIELD.match(line.text):
            name, value = found.groups()
            if name == "jobid":
                failure.jobid = value
                _settle(self.run, value)
                submitted = self.run.submissions.get(value)
                failure.slurm_job = submitted.slurm_job if submitted else None
            elif name == "external_jobid":  # of SLURM's, unless another executor ran it
                failure.slurm_job = value if value.isdecimal() else None
            elif name == "output":
                failure.outputs = value.split(", ")
            else:
                failure.logs = re.sub(r" \(check log file.*", "", value).split(", ")
                named = [status for text, status in self.statuses if failure.logs[0] in text]
                failure.status = named[-1:] or failure.status
        elif _NOTE.search(line.text):
            failure.said.append(line)

    def _fact(self, line: Line) -> None:
        run, text = self.run, line.text
        run.experiments.update(_RESULTS.findall(text))
        if _STATUS.search(text) or _NOTE.search(text):
            self.statuses.append((text, Line(line.number, _COMMAND.sub("command ", text))))
        elif found := _SUBMITTED.match(text):
            run.submissions[found[1]] = Submission(found[2], found[3])
        elif found := _FINISHED.match(text):
            _settle(run, found[1])
        elif text.startswith("SLURM run ID: "):
            run.slurm_run = text.removeprefix("SLURM run ID: ").strip()
        elif text.startswith("  Host: "):
            run.host = text.removeprefix("  Host: ").strip()
        elif text.startswith(("Select jobs to execute", "Nothing to be done")):
            self.chosen = True
        elif run.refusal or _REFUSAL.match(text):
            run.refusal = [*run.refusal, line][:REFUSAL_LINES]


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
