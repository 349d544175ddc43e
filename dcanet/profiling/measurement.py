"""From timed rounds to what a measurement says."""

from collections.abc import Sequence
from statistics import median
from typing import Any

from ..profile_documents import Latency, Speed
from .estimates import median_interval, percentiles
from .rounds import Block, Rounds, joined, ratios


def findings(names: Sequence[str], rounds: Rounds, peaks: Sequence[int | None]) -> dict[str, Any]:
    """Fields of a `Measurement`: each network's speed (baseline first) and the overhead of the second."""
    found: dict[str, Any] = {
        "models": {
            name: speed(blocks, peak) for name, blocks, peak in zip(names, rounds.blocks, peaks, strict=True)
        },
        "settled": rounds.settled,
    }
    if len(names) == 2:
        of_rounds = ratios(rounds.blocks)
        low, high = median_interval(of_rounds)
        found["overhead_percent"] = _additional(median(of_rounds))
        found["overhead_interval"] = (_additional(low), _additional(high))
    return found


def speed(blocks: Sequence[Block], peak_memory: int | None) -> Speed:
    """Speed of one network from its block of each round."""
    per_second = [1 / block.seconds_per_image for block in blocks]
    whole = joined(blocks)
    return Speed(
        images_per_second=median(per_second),
        interval=median_interval(per_second),
        rounds=per_second,
        latency=latency(whole.singly) if whole.singly else None,
        peak_memory_bytes=peak_memory,
        joules_per_image=None if whole.joules is None else whole.joules / whole.images,
    )


def latency(seconds: Sequence[float]) -> Latency:
    """Percentiles of the calls' times."""
    p50, p90, p99 = (1000 * found for found in percentiles(seconds, (50, 90, 99)))
    return Latency(calls=len(seconds), p50_ms=p50, p90_ms=p90, p99_ms=p99)


def _additional(ratio: float) -> float:
    return 100 * (ratio - 1)
