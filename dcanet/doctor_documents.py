"""The JSON file of `dcanet doctor`: what has become of an experiment's jobs, and why some failed."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from .documents import Document

#: done: its result is there. recovered: done after an earlier failure. interrupted: was stopped and simply
#: runs again. waiting: in SLURM's queue. hidden: SLURM does not say. not_run: nothing of it is there.
State = Literal["done", "recovered", "failed", "interrupted", "running", "waiting", "hidden", "not_run"]

Cause = Literal[
    "gpu_memory",
    "host_memory",
    "killed",
    "shared_memory",
    "disk_full",
    "time_limit",
    "node_failure",
    "preempted",
    "diverged",
    "network",
    "bad_file",
    "refused",
    "submission",
    "late_files",
    "cancelled",
    "lost_rank",
    "stopped",
    "unknown",
]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", allow_inf_nan=False)


class Evidence(_Part):
    """What a cause was read from; `source` is a file, or the command that said it."""

    source: str
    line: int | None = Field(description="from 1; None where a command said it")
    text: str


class Continues(_Part):
    """Where an unfinished training goes on; totals are None where they are not known."""

    step: int
    steps: int | None
    epochs: float | None = Field(description="of the whole training")


class JobFinding(_Part):
    """One job of the workflow."""

    title: str
    rule: str
    output: str = Field(description="the file that says that it is done")
    log: str
    state: State
    cause: Cause | None = None
    evidence: Evidence | None = None
    change: str | None = Field(None, description="one thing to change")
    continues: Continues | None = None
    slurm_job: str | None = Field(None, description="id of its last submission")


class Obstacle(_Part):
    """What keeps a run from going on whatever its jobs do, and the way out."""

    problem: str
    change: str


class Diagnosis(Document):
    """Jobs that are done or not run yet are only counted."""

    experiment: str
    counts: dict[State, int]
    obstacles: list[Obstacle]
    jobs: list[JobFinding]

    @property
    def healthy(self) -> bool:
        """Whether nothing failed and nothing is in the way."""
        return not self.obstacles and not self.counts.get("failed", 0)
