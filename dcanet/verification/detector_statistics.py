"""AP of detectors and their differences, from the stored resamples."""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from ..comparison_documents import ApComparison, ApStatistics, Estimate, NotCompared, TableStatistics
from ..detection_documents import ApBootstrap
from .estimates import Place
from .experiment import BySeed, chosen
from .intervals import Crossed, adjusted, centred, crossed_resamples
from .pair_statistics import verdict

Values = dict[str, tuple[NDArray[np.float64], NDArray[np.float64]]]
"""(S,) on all images and (S, B) on the resamples, by the number's name."""


def check_detectors(
    place: Place, statistics: TableStatistics, bootstraps: Mapping[str, BySeed[ApBootstrap]]
) -> None:
    """`average_precision` and `detectors` of statistics.json."""
    alpha = statistics.alpha
    trained: dict[str, list[ApBootstrap]] = {}
    for name, document in statistics.average_precision.items():
        here, there = place.of(f"average_precision.{name}"), bootstraps.get(name, {})
        if isinstance(document, NotCompared):
            here.of("left out though it can be told").same(False, _alike([*there.values()]))
            continue
        if document.seeds or None not in there:
            here.of("seeds").same(sorted(seed for seed in there if seed is not None), document.seeds)
        runs = chosen(there, document.seeds)
        if here.of("results of the same resamples").same(True, runs is not None and _alike(runs)) and runs:
            trained[name] = runs
            _check_detector(here, runs, document, alpha)
    place.of("average_precision, names").same(True, set(bootstraps) <= set(statistics.average_precision))
    p_values: dict[str, float] = {}
    for name, pair in statistics.detectors.items():
        here = place.of(f"detectors.{name}")
        if isinstance(pair, NotCompared):
            continue
        sides = [trained.get(pair.baseline), trained.get(pair.other)]
        here.of("other").same(name, pair.other)
        base, other = sides
        good = base is not None and other is not None and len(base) == len(other) and _alike([*base, *other])
        if here.of("results of the same resamples").same(True, good) and base and other:
            mean = _check_pair(here, base, other, pair, alpha)
            if here.of("numbers, ap").same(True, mean is not None and "ap" in pair.numbers) and mean:
                here.of("split").split(mean, pair.split)
                here.of("p_value").close(mean.p_value, pair.p_value, 1e-7)
                p_values[name] = mean.p_value
    for (name, _), p in zip(
        p_values.items(), adjusted([*p_values.values()], statistics.adjustment), strict=True
    ):
        pair = statistics.detectors[name]
        assert isinstance(pair, ApComparison)
        here, ap = place.of(f"detectors.{name}"), pair.numbers["ap"]
        here.of("p_adjusted").close(p, pair.p_adjusted, 1e-7)
        here.of("verdict").same(verdict(ap.low, ap.high, p, alpha), pair.verdict)


def _alike(runs: Sequence[ApBootstrap]) -> bool:
    """Whether there are some, all of the same resamples of the same images."""
    return len({(run.images_hash, run.seed, run.resamples) for run in runs}) == 1


def _values(runs: Sequence[ApBootstrap]) -> Values:
    found: Values = {}
    for name in runs[0].values:
        if any(name not in run.values or len(run.resampled.get(name, [])) != run.resamples for run in runs):
            continue
        values = np.array([run.values[name] for run in runs], dtype=np.float64)
        resampled = np.array([run.resampled[name] for run in runs], dtype=np.float64)
        resampled = resampled[:, np.isfinite(resampled).all(axis=0)]
        if np.isfinite(values).all() and resampled.shape[1] > 1:
            found[name] = values, resampled
    return found


def _check_detector(place: Place, runs: Sequence[ApBootstrap], document: ApStatistics, alpha: float) -> None:
    found = _values(runs)
    place.of("images").close(runs[0].images, document.images)
    means = _check_numbers(place, found, document.numbers, alpha, (0.0, 100.0))
    if "ap" in means:
        place.of("ap_split").split(means["ap"], document.ap_split)


def _check_numbers(
    place: Place, found: Values, numbers: Mapping[str, Estimate], alpha: float, limits: tuple[float, float]
) -> dict[str, Crossed]:
    place.of("numbers, names").same(sorted(found), sorted(numbers))
    means = {}
    for name, (values, resampled) in found.items():
        means[name] = mean = crossed_resamples(values, resampled)
        if name not in numbers:
            continue
        low, high = mean.interval(alpha) if len(values) > 1 else centred(mean.value, resampled[0], alpha)
        place.of(f"numbers.{name}").estimate(
            mean.value, (max(limits[0], low), min(limits[1], high)), numbers[name]
        )
    return means


def _check_pair(
    place: Place, base: Sequence[ApBootstrap], other: Sequence[ApBootstrap], pair: ApComparison, alpha: float
) -> Crossed | None:
    """Other minus baseline, resample by resample; that of AP."""
    both = _values([run for runs in zip(base, other, strict=True) for run in runs])
    found = {name: (v[1::2] - v[::2], r[1::2] - r[::2]) for name, (v, r) in both.items()}
    place.of("images").close(base[0].images, pair.images)
    return _check_numbers(place, found, pair.numbers, alpha, (-np.inf, np.inf)).get("ap")
