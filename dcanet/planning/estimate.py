"""The estimate of a whole config, network by network and job by job."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from ..plan_documents import Amounts, Basis, Estimate, PlannedDevices, PlannedJob, PlannedNetwork
from ..weights.places import checkpoint_path
from ..workflow import Plan
from .assumptions import START_SECONDS, assumptions
from .costs import read_costs
from .devices import Device
from .disk import download_bytes, state_bytes, weights_bytes
from .measured import Timings
from .networks import Network, networks_of
from .schedule import Chain, wall_hours
from .speed import PerImage, Speeds
from .timing_jobs import timing_seconds
from .work import Work, training_work

HOUR = 3600
JOULES_PER_KWH = 3.6e6


@dataclass(frozen=True)
class _Planned:
    """A network with the jobs of all its runs, and one run's as a chain."""

    network: Network
    training: PerImage | None
    jobs: list[PlannedJob]
    chain: Chain
    amounts: Amounts


def make_estimate(plan: Plan, device: Device, count: int) -> Estimate:
    """What a config costs on `count` devices.

    Measured speeds and counted MACs are taken from results/<experiment>/profile/ where they are there.

    Raises:
        UserError: a file of the experiment that cannot be read.
    """
    profile = Path("results") / plan.config.experiment / "profile"
    speeds = Speeds(device, Timings(profile, device), plan.config.training.workers)
    networks = list(networks_of(plan, read_costs(profile / "costs.json")))
    planned = [_planned(plan, network, speeds, count) for network in networks]
    timings = list(_timings(plan, device, count))
    all_measured = all(job.basis == "measured" for one in planned for job in one.jobs)
    return Estimate(
        experiment=plan.config.experiment,
        devices=PlannedDevices(key=device.key, title=device.title, unit=device.unit, count=count),
        networks=[
            PlannedNetwork(
                network=one.network.name,
                basis=_basis(one.jobs),
                parameters=one.network.cost.parameters,
                macs=one.network.cost.training_macs,
                training_images_per_second=1 / one.training.seconds if one.training else None,
                amounts=one.amounts,
            )
            for one in planned
        ],
        jobs=[*timings, *(job for one in planned for job in one.jobs)],
        total=_total(planned, timings, device, count, max(1, count // _ranks(plan, device))),
        assumptions=assumptions(plan, device, count, networks, speeds, all_measured),
        config=plan.config.model_dump(mode="json"),
    )


def _ranks(plan: Plan, device: Device) -> int:
    """Devices that share a training."""
    settings = plan.config.training
    return settings.processes * (1 if device.is_gpu else settings.threads)


def _planned(plan: Plan, network: Network, speeds: Speeds, count: int) -> _Planned:
    device, training = speeds.device, speeds.training(network) if network.trained else None
    looking = speeds.looking(network)
    runs = [list(_jobs_of(network, run, training, looking, device)) for run in network.runs]
    widths = {"train": _ranks(plan, device), "evaluate": 1 if device.is_gpu else plan.config.training.threads}
    chain = Chain(tuple((job.device_hours, widths[job.stage]) for job in runs[0]))
    jobs = [job for of_run in runs for job in of_run]
    return _Planned(network, training, jobs, chain, _amounts(network, jobs, chain, count))


def _jobs_of(
    network: Network, run: str, training: PerImage | None, looking: PerImage, device: Device
) -> Iterator[PlannedJob]:
    """What is done in one run, one after the other."""
    if training:
        work = training_work(network.recipe, network.images)
        yield PlannedJob(
            network=network.name, run=run, stage="train", **_taken(work, training, looking, device)
        )
    if network.evaluated:
        for test in ("", *network.tests):
            images = network.images.of_test(test) if test else network.images.val
            taken = _taken(Work(seen=images), looking, looking, device)
            yield PlannedJob(network=network.name, run=run, stage="evaluate", test=test, **taken)


def _taken(work: Work, training: PerImage, looking: PerImage, device: Device) -> dict[str, float | Basis]:
    seconds = work.trained * training.seconds + work.seen * looking.seconds
    joules = work.trained * training.joules + work.seen * looking.joules
    return {
        "device_hours": (START_SECONDS + seconds) / HOUR,
        "energy_kwh": (START_SECONDS * device.watts + joules) / JOULES_PER_KWH,
        "basis": training.basis,
    }


def _timings(plan: Plan, device: Device, count: int) -> Iterator[PlannedJob]:
    """A timing has the machine to itself: one GPU works, or all cores."""
    for pair, networks in plan.timed.items():
        seconds = START_SECONDS + timing_seconds(plan.config.profile, len(networks))
        device_seconds = seconds * (1 if device.is_gpu else count)
        yield PlannedJob(
            network=pair,
            run="",
            stage="profile",
            device_hours=device_seconds / HOUR,
            energy_kwh=device_seconds * device.watts / JOULES_PER_KWH,
            basis="assumed",
        )


def _amounts(network: Network, jobs: Sequence[PlannedJob], chain: Chain, count: int) -> Amounts:
    runs, weights = len(network.runs), weights_bytes(network.cost.parameters)
    here = checkpoint_path(network.name).exists()
    fetched = 0 if here else download_bytes(network.cost.parameters, network.source)
    seen = network.images.val + sum(map(network.images.of_test, network.tests)) if network.evaluated else 0
    return Amounts(
        device_hours=sum(job.device_hours for job in jobs),
        wall_hours=wall_hours([chain] * runs, count),
        energy_kwh=sum(job.energy_kwh for job in jobs),
        kept_bytes=runs * (weights + seen * network.result_bytes) + fetched,
        state_bytes=state_bytes(network.cost.parameters, network.recipe) if network.trained else 0,
        download_bytes=fetched,
    )


def _total(
    planned: Sequence[_Planned], timings: Sequence[PlannedJob], device: Device, count: int, at_once: int
) -> Amounts:
    """`at_once` trainings run side by side, and so many states are there at most."""
    jobs = [*timings, *(job for one in planned for job in one.jobs)]
    of_all = [one.amounts for one in planned]
    backbones = {one.network.name: Chain(one.chain.jobs[:1]) for one in planned if one.training}
    waiting = [
        backbones[one.network.backbone] + one.chain for one in planned if one.network.backbone in backbones
    ]
    # Nothing runs beside a timing.
    timed = sum(job.device_hours for job in timings) / (1 if device.is_gpu else count)
    chains = [one.chain for one in planned for _ in one.network.runs]
    states = sorted((amounts.state_bytes for amounts in of_all), reverse=True)
    return Amounts(
        device_hours=sum(job.device_hours for job in jobs),
        wall_hours=timed + wall_hours(chains, count, waiting),
        energy_kwh=sum(job.energy_kwh for job in jobs),
        kept_bytes=sum(amounts.kept_bytes for amounts in of_all),
        state_bytes=sum(states[:at_once]),
        download_bytes=sum(amounts.download_bytes for amounts in of_all),
    )


def _basis(jobs: Sequence[PlannedJob]) -> Basis:
    return "measured" if jobs and all(job.basis == "measured" for job in jobs) else "assumed"
