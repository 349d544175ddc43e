"""All pairs in one statement, found a second time."""

from collections.abc import Collection, Mapping

import numpy as np
from numpy.typing import NDArray
from scipy import optimize, stats

from ..comparison_documents import NotCompared, PairComparison, Pooled, RandomEffects, TableStatistics
from .estimates import Place
from .intervals import crossed


def check_pooled(
    place: Place,
    statistics: TableStatistics,
    gains: Mapping[str, NDArray[np.float64]],
    pairs: Collection[str],
) -> None:
    """The mean gain of these very pairs, and of such pairs.

    Args:
        gains: (S, n) of each pair that could be read.
        pairs: names of those that there are.
    """
    found = statistics.pooled
    compared = {name for name in pairs if isinstance(statistics.pairs[name], PairComparison)}
    images = {gain.shape[1] for gain in gains.values()}
    if set(gains) != compared:
        return  # of the pairs that cannot be read there are problems already
    if isinstance(found, NotCompared):
        place.of("left out though it can be told").same(False, len(images) == 1)
        return
    if not place.of("pairs, of the same images").same(True, len(images) == 1):
        return
    _check_found(place, statistics, found, [gains[name] for name in statistics.pairs if name in gains])


def _check_found(
    place: Place, statistics: TableStatistics, found: Pooled, gains: list[NDArray[np.float64]]
) -> None:
    alpha = statistics.alpha
    compared = [pair for pair in statistics.pairs.values() if isinstance(pair, PairComparison)]
    place.of("pairs").close(len(gains), found.pairs)
    alike = len({tuple(run.seed for run in pair.runs) for pair in compared}) == 1
    rows = gains if alike else [gain.mean(axis=0, keepdims=True) for gain in gains]
    mean = crossed(np.mean(rows, axis=0))
    place.of("gain").estimate(mean.value, mean.interval(alpha), found.gain, 100)
    place.of("p_value").close(mean.p_value, found.p_value, 1e-7)
    place.of("split").split(mean, found.split, 100)
    for word in ("better", "worse"):
        place.of(word).close(sum(pair.verdict == word for pair in compared), getattr(found, word))
    if (
        place.of("random_effects").same(len(gains) > 1, found.random_effects is not None)
        and found.random_effects
    ):
        _check_random_effects(place.of("random_effects"), gains, found.random_effects, alpha)


def _check_random_effects(
    place: Place, gains: list[NDArray[np.float64]], found: RandomEffects, alpha: float
) -> None:
    """Paule and Mandel's variance between pairs, Hartung and Knapp's interval, with correlated errors."""
    by_image = np.stack([gain.mean(axis=0) for gain in gains])
    effects, count = by_image.mean(axis=1), len(gains)
    errors = np.cov(by_image) / by_image.shape[1]
    errors = errors + np.diag([crossed(gain).errors[0] ** 2 for gain in gains])
    errors = errors + max(1e-9 * np.trace(errors) / count, 1e-18) * np.eye(count)

    def fit(between: float) -> tuple[float, float, float]:
        precision = np.linalg.inv(errors + between * np.eye(count))
        mean = float(np.sum(precision @ effects) / precision.sum())
        return mean, 1 / float(precision.sum()), float((effects - mean) @ precision @ (effects - mean))

    fixed = fit(0.0)[2]
    between = 0.0
    if fixed > count - 1:
        between = float(
            optimize.brentq(lambda t: fit(t)[2] - (count - 1), 0, effects.var(ddof=1), xtol=1e-18)
        )
    mean, variance, q = fit(between)
    half = float(stats.t.isf(alpha / 2, count - 1)) * float(np.sqrt(variance * q / (count - 1)))
    place.of("mean").estimate(mean, (mean - half, mean + half), found.mean, 100)
    place.of("between_pairs").close(100 * float(np.sqrt(between)), found.between_pairs, 1e-6)
    share = max(0.0, 1 - (count - 1) / fixed) if fixed > 0 else 0.0
    place.of("heterogeneity_percent").close(100 * share, found.heterogeneity_percent, 1e-6)
