"""What SLURM knows of jobs; every question has a time limit, and no answer is an answer."""

import os
import re
import shutil
import subprocess
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

#: Seconds that a tool may take; a controller that is down makes them wait for longer.
PATIENCE = 10.0
#: Most jobs that are asked for one by one, and in one call.
ONE_BY_ONE, TOGETHER = 50, 500

_SACCT = ("JobIDRaw", "State", "ExitCode", "ReqMem", "Timelimit", "NodeList")
_SQUEUE = "%i|%T|%j|%Z|%k"
WAITING = {
    "PENDING",
    "CONFIGURING",
    "REQUEUED",
    "REQUEUE_HOLD",
    "REQUEUE_FED",
    "SPECIAL_EXIT",
    "RESV_DEL_HOLD",
}


@dataclass(frozen=True)
class Record:
    """What is known of a job; `said_by` is the command, amounts are in SLURM's words."""

    job: str
    state: str
    said_by: str
    exit_code: str = ""
    memory: str = ""
    time_limit: str = ""
    nodes: str = ""

    @property
    def text(self) -> str:
        """In a line."""
        facts = [
            f"exit code {self.exit_code}" if self.exit_code else "",
            f"memory {self.memory}" if self.memory else "",
            f"time limit {self.time_limit}" if self.time_limit else "",
            f"on {self.nodes}" if self.nodes else "",
        ]
        return ", ".join([f"job {self.job} {self.state}", *filter(None, facts)])


@dataclass(frozen=True)
class Queued:
    """A job that waits or runs; `comment` names rule and wildcards, `name` is Snakemake's run."""

    job: str
    state: str
    name: str
    folder: str
    comment: str


class Slurm:
    """SLURM's tools as far as they are here and answer; one that was too slow is not asked again."""

    def __init__(self, patience: float = PATIENCE) -> None:
        self.patience = patience
        self.silent: dict[str, str] = {}
        """Tools that did not answer, with the reason."""

    @property
    def here(self) -> bool:
        return shutil.which("squeue") is not None

    @property
    def answers(self) -> bool:
        return self.here and "squeue" not in self.silent

    def queue(self, folder: Path, runs: Iterable[str]) -> list[Queued]:
        """This user's jobs that these runs of Snakemake submitted, or another one from this folder.

        The one that Snakemake itself may run in is none of them.
        """
        answer = self._ask(["squeue", "--noheader", "--me", f"--format={_SQUEUE}"])
        names = {run for run in runs if run}
        there = os.path.realpath(folder)
        return [
            job
            for job in parse_squeue(answer)
            if job.name in names or (job.comment.startswith("rule_") and _same(job.folder, there))
        ]

    def records(self, jobs: Sequence[str]) -> dict[str, Record]:
        """By accounting where it answers, else by the controller, which forgets after some minutes."""
        found: dict[str, Record] = {}
        for first in range(0, len(jobs), TOGETHER):
            ids = ",".join(jobs[first : first + TOGETHER])
            command = ["sacct", "-X", "-n", "-P", f"--format={','.join(_SACCT)}", "-j", ids]
            found |= parse_sacct(self._ask(command))
        for job in [job for job in jobs if job not in found][-ONE_BY_ONE:]:
            found |= parse_scontrol(self._ask(["scontrol", "show", "job", "--oneliner", job]))
        return found

    def _ask(self, command: list[str]) -> str:
        """Standard output; empty where there is no answer."""
        tool = command[0]
        if tool in self.silent or shutil.which(tool) is None:
            return ""
        try:
            answer = subprocess.run(
                command,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                errors="replace",
                timeout=self.patience,
            )
        except subprocess.TimeoutExpired:
            self.silent[tool] = f"no answer within {self.patience:g} s"
            return ""
        except OSError as error:
            self.silent[tool] = str(error.strerror)
            return ""
        if answer.returncode and "Invalid job id" not in answer.stderr:
            said = answer.stderr.strip().splitlines()
            self.silent[tool] = said[-1] if said else f"exit code {answer.returncode}"
        return answer.stdout


def parse_sacct(text: str) -> dict[str, Record]:
    """Of `sacct -X -n -P` with the columns asked for; of a job that comes several times, the last."""
    found = {}
    for line in text.splitlines():
        job, *values = line.split("|")
        if job.isdecimal() and len(values) == len(_SACCT) - 1:
            state, code, memory, limit, nodes = values
            nodes = "" if nodes == "None assigned" else nodes
            found[job] = Record(job, state, "sacct", code, memory, limit, nodes)
    return found


def parse_scontrol(text: str) -> dict[str, Record]:
    """Of `scontrol show job --oneliner`."""
    found = {}
    for line in text.splitlines():
        values = dict(re.findall(r"(?:^|\s)(\w+)=(\S*)", line))
        if values.get("JobId", "").isdecimal() and "JobState" in values:
            nodes = values.get("NodeList", "")
            found[values["JobId"]] = Record(
                values["JobId"],
                values["JobState"],
                "scontrol",
                values.get("ExitCode", ""),
                values.get("MinMemoryNode", ""),
                values.get("TimeLimit", ""),
                "" if nodes == "(null)" else nodes,
            )
    return found


def parse_squeue(text: str) -> list[Queued]:
    """Of `squeue` in the format asked for."""
    rows = (line.split("|", 4) for line in text.splitlines())
    return [Queued(*row) for row in rows if len(row) == 5]


def _same(folder: str, there: str) -> bool:
    return bool(folder) and os.path.realpath(folder) == there
