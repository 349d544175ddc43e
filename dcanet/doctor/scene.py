"""All that is known of a run before its jobs are looked at one by one."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from ..workflow import Plan
from .processes import Process
from .slurm import Queued, Record
from .snakemake_log import Failure, Run
from .stages import Job, planned_outputs, stages

#: Where the executor puts its jobs' logs: as the profile says, and by default.
SLURM_LOGS = (Path("logs/slurm"), Path(".snakemake/slurm_logs"))


@dataclass
class Scene:
    """A folder that Snakemake ran in, one experiment of it; without a plan, as far as something is there."""

    root: Path
    experiment: str
    plan: Plan | None
    runs: list[Run]
    failures: dict[str, Failure]
    processes: list[Process]
    queue: list[Queued] = field(default_factory=list)
    records: dict[str, Record] = field(default_factory=dict)
    hidden: bool = False
    """Whether jobs run on SLURM, which does not tell of them."""

    @property
    def on_slurm(self) -> bool:
        """Whether any of it ran there; if not, SLURM need not be asked."""
        return any(run.slurm_run for run in self.runs) or any(
            (self.root / logs).is_dir() for logs in SLURM_LOGS
        )

    @cached_property
    def _foreign(self) -> set[str]:
        """Names and SLURM jobs of runs of other experiments, whose jobs have the same names there."""
        others = [run for run in self.runs if not run.is_of(self.experiment)]
        jobs = {found.slurm_job for run in others for found in run.submissions.values()}
        return jobs | {run.slurm_run for run in others}

    def queued(self, job: Job) -> Queued | None:
        """The job's place in SLURM's queue."""
        comments = {name.replace("/", "_wildcards_") for name in job.slurm_names}
        known = (found for found in self.queue if found.name not in self._foreign)
        return next((found for found in known if found.comment in comments), None)

    def slurm_logs(self, job: Job) -> list[Path]:
        """Of all its submissions, the latest last."""
        failure = self.failures.get(job.output)
        told = [self.root / log for log in failure.logs] if failure else []
        found = {*told, *(log for name in job.slurm_names for log in self._slurm_logs.get(name, ()))}
        numbered = [path for path in found if path.stem.isdecimal() and path.is_file()]
        return sorted(numbered, key=lambda path: int(path.stem))

    @cached_property
    def _slurm_logs(self) -> dict[str, list[Path]]:
        """By the name of their folder."""
        named: dict[str, list[Path]] = {}
        for folder in (self.root / logs for logs in SLURM_LOGS):
            for log in folder.rglob("*.log"):
                if log.stem not in self._foreign:
                    named.setdefault(log.parent.relative_to(folder).as_posix(), []).append(log)
        return named

    def jobs(self) -> Iterator[Job]:
        """Those of the plan, those that left a log, and others that Snakemake says have failed; each once."""
        seen: set[str] = set()
        for job in self._candidates():
            if job and job.output not in seen:
                seen.add(job.output)
                yield job

    def _candidates(self) -> Iterator[Job | None]:
        kinds = stages(self.experiment)

        def first(found: Iterable[Job | None]) -> Job | None:
            return next(filter(None, found), None)

        for path in planned_outputs(self.plan) if self.plan else ():
            yield first(kind.of_output(path) for kind in kinds)
        for log in sorted((self.root / "logs" / self.experiment).rglob("*.log")):
            path = log.relative_to(self.root).as_posix()
            yield first(kind.of_log(path) for kind in kinds)
        for name in sorted(self._slurm_logs):
            yield first(kind.of_slurm(name) for kind in kinds)
        for failure in (
            failure for run in self.runs if run.is_of(self.experiment) for failure in run.failures
        ):
            known = [first(kind.of_output(path) for kind in kinds) for path in failure.outputs]
            others = (
                Job(f"{failure.rule}: {path}", (failure.rule,), "", path) for path in failure.outputs[-1:]
            )
            yield from known if any(known) else others

    def slurm_job(self, job: Job) -> str | None:
        """The id of its last submission."""
        failure = self.failures.get(job.output)
        known = [failure.slurm_job] if failure and failure.slurm_job else []
        known += [path.stem for path in self.slurm_logs(job)[-1:]]
        return max(known, key=int, default=None)
