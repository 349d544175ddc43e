"""A diagnosis for the terminal."""

from collections.abc import Iterator

from ..doctor_documents import Continues, Diagnosis, JobFinding, State
from .advice import TITLES

_WORDS: dict[State, str] = {
    "failed": "failed",
    "interrupted": "interrupted",
    "running": "running",
    "waiting": "waiting in SLURM's queue",
    "hidden": "not known, as SLURM does not answer",
    "recovered": "failed earlier and finished since",
    "done": "done",
    "not_run": "not run yet",
}

#: Jobs that are named in a block beside its first.
SHOWN = 50


def as_text(diagnosis: Diagnosis) -> str:
    """A line of counts, what is in the way, then a block for each failed and interrupted job.

    Jobs of which the same is to be said share a block.
    """
    return "\n".join(line for block in _blocks(diagnosis) for line in (*block, "")).rstrip("\n") + "\n"


def _blocks(diagnosis: Diagnosis) -> Iterator[list[str]]:
    yield [_summary(diagnosis)]
    for obstacle in diagnosis.obstacles:
        yield [f"In the way: {obstacle.problem}", f"    change: {obstacle.change}"]
    for state in ("failed", "interrupted"):
        alike: dict[tuple[object, ...], list[JobFinding]] = {}
        for job in diagnosis.jobs:
            if job.state == state:
                said = job.evidence.text if job.evidence else None
                alike.setdefault((job.cause, said, job.change, job.continues is None), []).append(job)
        yield from (_block(*jobs) for jobs in alike.values())


def _summary(diagnosis: Diagnosis) -> str:
    counts = diagnosis.counts
    total = sum(counts.values())
    told = [f"{counts[state]} {words}" for state, words in _WORDS.items() if counts.get(state)]
    jobs = "1 job" if total == 1 else f"{total:,} jobs"
    return f"{diagnosis.experiment}, {jobs}: {', '.join(told) or 'nothing has run'}"


def _block(job: JobFinding, *others: JobFinding) -> list[str]:
    lines = [f"{job.title}: {TITLES[job.cause or 'unknown']}"]
    if job.evidence:
        place = ":".join(str(part) for part in (job.evidence.source, job.evidence.line) if part is not None)
        lines.append(f"    {place}: {job.evidence.text}")
    if job.continues:
        lines.append(f"    {_continues(job.continues)}")
    lines.append(f"    change: {job.change}")
    if others:
        more = f" and {len(others) - SHOWN:,} more (--json names all)" if len(others) > SHOWN else ""
        lines.append(f"    the same: {'; '.join(other.title for other in others[:SHOWN])}{more}")
    return lines


def _continues(found: Continues) -> str:
    total = f" of {found.steps}" if found.steps else ""
    return f"continues after step {found.step}{total}"
