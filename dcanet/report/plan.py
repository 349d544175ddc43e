"""What was planned and what it took: the estimate in plan.json beside the times in every provenance."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from ..documents import EpochRecord, Provenance
from ..plan_documents import STAGES, Estimate, PlannedJob, Stage
from ..planning.units import Units, number
from ..profile_documents import Throughput
from .chapter import Chapter, Heading, Listing
from .reading import Reader
from .stored import Stored
from .stored_detection import StoredDetection
from .table import Missing

NO_PLAN = Missing("no plan was made", "`dcanet plan --json` writes plan.json into the experiment's folder")

COLUMNS = (
    Heading("Stage", words=True),
    Heading("Jobs done"),
    Heading("Estimated, all jobs"),
    Heading("Estimated, jobs done"),
    Heading("Actual"),
    Heading("Actual / estimated"),
)

#: Network, run, stage, and the extra test set or nothing.
Key = tuple[str, str, Stage, str]


@dataclass(frozen=True)
class Actual:
    """What a job took, in hours of one GPU or of one core."""

    unit: str
    device_hours: float


def load_plan(root: Path) -> tuple[Estimate | Missing, list[str]]:
    """The experiment's plan or why there is none, and warnings."""
    reader = Reader(root, None)
    return reader.read(Estimate, root / "plan.json", NO_PLAN), reader.warnings


def plan_chapter(plan: Estimate | Missing, stored: Stored, detection: StoredDetection) -> Chapter:
    """Estimated and actual hours of every stage; what is missing says why."""
    if isinstance(plan, Missing):
        return Chapter("plan", "Plan and actual", (f"Nothing to compare: {plan}.",))
    units = Units.of(plan.total)
    actual = dict(_actual(stored, detection))
    unit = f"{plan.devices.unit}-{units.time}"
    rows = [_row(stage, _jobs(plan, stage), plan, actual, units) for stage in STAGES]
    everything = _row("in all", plan.jobs, plan, actual, units)
    total = plan.total
    return Chapter(
        "plan",
        "Plan and actual",
        (
            f"Estimated for {plan.devices.count} x {plan.devices.title}: "
            f"{number(total.device_hours * units.per_hour)} {unit}, "
            f"{number(total.energy_kwh * units.per_kwh)} {units.energy}, "
            f"{number(total.kept_bytes / 1e9)} GB kept. The table is in {unit}: what a job took is from its "
            "start to its end, by its provenance, times the devices that shared it.",
        ),
        (Listing("plan-stages", "Estimated before and needed by the jobs", COLUMNS, (*rows, everything)),),
        tuple(_notes(plan, actual)),
    )


def _jobs(plan: Estimate, stage: Stage) -> list[PlannedJob]:
    return [job for job in plan.jobs if job.stage == stage]


def _key(job: PlannedJob) -> Key:
    return job.network, job.run, job.stage, job.test


def _row(
    name: str,
    jobs: Sequence[PlannedJob],
    plan: Estimate,
    actual: dict[Key, Actual],
    units: Units,
) -> tuple[str, ...]:
    done = [job for job in jobs if _key(job) in actual]
    compared = [job for job in done if actual[_key(job)].unit == plan.devices.unit]
    took = sum(actual[_key(job)].device_hours for job in compared)
    expected = sum(job.device_hours for job in compared)
    why = "" if compared else _why(jobs, done, plan)
    return (
        name,
        f"{len(done)} of {len(jobs)}",
        number(sum(job.device_hours for job in jobs) * units.per_hour),
        number(expected * units.per_hour) if compared else "",
        why or number(took * units.per_hour),
        "" if why else number(took / expected),
    )


def _why(jobs: Sequence[PlannedJob], done: Sequence[PlannedJob], plan: Estimate) -> str:
    """Why there is nothing to compare."""
    if not jobs:
        return "nothing planned"
    if done:
        return f"did not run on a {plan.devices.unit}"
    return "not run yet"


def _actual(stored: Stored, detection: StoredDetection) -> Iterator[tuple[Key, Actual]]:
    """What every job took whose provenance is there; weights that were converted were not trained."""
    for network, runs in stored.runs.items():
        for run in runs:
            yield from _job((network, run.name, "train", ""), run.training, run.history)
            yield from _job((network, run.name, "evaluate", ""), run.evaluation)
            for test, tested in run.tests.items():
                yield from _job((network, run.name, "evaluate", test), tested.evaluation)
    for speeds in stored.speeds.values():
        for pair, timing in speeds.items():
            if isinstance(timing, Throughput):
                yield (pair, "", "profile", ""), _timing(timing)
    for network, detector_runs in detection.runs.items():
        for found in detector_runs:
            yield from _job((network, found.name, "train", ""), found.training, found.history)
            yield from _job((network, found.name, "evaluate", ""), found.evaluation)


def _timing(timing: Throughput) -> Actual:
    on_gpu = timing.device == "cuda"
    return Actual("GPU" if on_gpu else "core", timing.seconds * (1 if on_gpu else timing.threads) / 3600)


def _job(
    key: Key, provenance: Provenance | Missing, history: Iterable[EpochRecord] = ()
) -> Iterator[tuple[Key, Actual]]:
    if isinstance(provenance, Missing):
        return
    # A training that was interrupted has started anew since; its epochs know of all the time.
    epochs = sum(epoch.seconds or 0 for epoch in history)
    seconds = max((provenance.ended - provenance.started).total_seconds(), epochs)
    found = re.match(r"(?:(\d+) x )?(cpu|cuda)", provenance.device)
    ranks, on_gpu = (int(found[1] or 1), found[2] == "cuda") if found else (1, False)
    devices = ranks if on_gpu else ranks * provenance.threads
    yield key, Actual("GPU" if on_gpu else "core", seconds * devices / 3600)


def _notes(plan: Estimate, actual: dict[Key, Actual]) -> Iterator[str]:
    planned = {_key(job) for job in plan.jobs}
    unplanned = [
        key for key in actual if key not in planned and (key[2] != "train" or key[1] != "pretrained")
    ]
    if unplanned:
        yield f"{len(unplanned)} of the jobs that ran are not in the plan; it was made for another config."
    elsewhere = [key for key in actual if key in planned and actual[key].unit != plan.devices.unit]
    if elsewhere:
        yield f"{len(elsewhere)} of the jobs did not run on a {plan.devices.unit} and are not compared."
    yield "What the estimate assumed is in plan.json, and `dcanet plan` prints it."
