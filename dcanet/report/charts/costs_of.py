"""What a network's accuracy is held against: arithmetic, size, and time."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial

from ...profile_documents import ModelCosts, Setting, Throughput
from ...profiling.setting import in_words
from ...sheets import Classifier, Pair
from ..counting import BY_PART
from ..stored import Stored
from ..table import Missing


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
        if setting := next(filter(None, map(_setting, speeds.values())), None):
            yield Cost(
                f"latency-{number}",
                "latency_p50_ms",
                f"latency, {device}",
                f"Median latency, {in_words(setting)} (ms)",
                1,
                partial(_p50, speeds, setting),
            )


def _setting(speed: Throughput | Missing) -> Setting | None:
    """The first one under which single calls were timed."""
    measured = [] if isinstance(speed, Missing) else speed.measurements
    timed = (found for found in measured if any(model.latency for model in found.models.values()))
    return next((found.setting for found in timed), None)


def _p50(
    speeds: Mapping[str, Throughput | Missing], setting: Setting, pair: Pair, model: Classifier
) -> float | None:
    """Under this very setting: others are other latencies."""
    speed = speeds[pair.id]
    measured = [] if isinstance(speed, Missing) else speed.measurements
    latencies = (
        found.models[model.id].latency
        for found in measured
        if found.setting == setting and model.id in found.models
    )
    return next((latency.p50_ms for latency in latencies if latency), None)
