"""What a network's accuracy is held against: arithmetic, size, and time."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from ...profile_documents import Latency, Measurement, ModelCosts, Throughput
from ...profiling.setting import in_words
from ...sheets import Classifier, Pair
from ..counting import BY_PART
from ..stored import Stored


@dataclass(frozen=True)
class Cost:
    """A cost: its column in the CSV in base units, its axis in units of `scale`, and how it was counted."""

    key: str
    column: str
    heading: str
    axis: str
    scale: float
    of: Callable[[Pair, Classifier], float | None]


def costs_of(stored: Stored) -> Iterator[Cost]:
    """MACs and parameters, and the latency on each device that something was timed on."""

    def counted(model: Classifier) -> ModelCosts | None:
        found = stored.cost_of(model.id)
        return found if isinstance(found, ModelCosts) else None

    yield Cost(
        "macs",
        f"macs_{BY_PART}",
        "MACs",
        f"MACs of one image (G, {BY_PART})",
        10**9,
        lambda _, model: found.macs[BY_PART].total if (found := counted(model)) else None,
    )
    yield Cost(
        "parameters",
        "parameters",
        "parameters",
        "Parameters (M)",
        10**6,
        lambda _, model: found.parameters.total if (found := counted(model)) else None,
    )
    for number, (device, speeds) in enumerate(stored.speeds.items()):
        timed = [found for speed in speeds.values() if (found := _timed(speed))]
        if not timed:
            continue

        def p50(pair: Pair, model: Classifier, device: str = device) -> float | None:
            found = _timed(stored.speeds[device][pair.id])
            latency = _latency(found, model.id) if found else None
            return latency.p50_ms if latency else None

        yield Cost(
            f"latency-{number}",
            "latency_p50_ms",
            f"latency, {device}",
            f"Median latency, {in_words(timed[0].setting)} (ms)",
            1,
            p50,
        )


def _timed(speed: object) -> Measurement | None:
    """The first measurement with latencies."""
    if not isinstance(speed, Throughput):
        return None
    return next(
        (found for found in speed.measurements if any(each.latency for each in found.models.values())), None
    )


def _latency(found: Measurement, model: str) -> Latency | None:
    return found.models[model].latency if model in found.models else None
