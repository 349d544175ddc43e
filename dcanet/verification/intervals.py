"""Intervals and tests written down a second time, from the papers, for the check alone."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import optimize, stats

Ends = tuple[float, float]


def wilson(right: int, images: int, alpha: float) -> Ends:
    """Of a share, 0 to 1 (Wilson 1927): the roots of (p - x)^2 = z^2 x (1 - x) / n."""
    z2 = stats.norm.isf(alpha / 2) ** 2
    p = right / images
    middle = (p + z2 / (2 * images)) / (1 + z2 / images)
    half = np.sqrt(z2 * p * (1 - p) / images + z2**2 / (4 * images**2)) / (1 + z2 / images)
    return max(0.0, float(middle - half)), min(1.0, float(middle + half))


def tango(gained: int, lost: int, images: int, alpha: float) -> Ends:
    """Of a paired difference of shares, -1 to 1 (Tango 1998): where the score test's statistic is z."""
    z = float(stats.norm.isf(alpha / 2))
    seen = (gained - lost) / images

    def score(difference: float) -> float:
        a = 2 * images
        b = (2 * images - gained + lost) * difference - gained - lost
        c = -lost * difference * (1 - difference)
        share = (np.sqrt(max(0.0, b * b - 4 * a * c)) - b) / (2 * a)
        variance = images * (2 * share + difference * (1 - difference))
        distance = gained - lost - images * difference
        if variance <= 0:
            return 0.0 if distance == 0 else float(np.inf * np.sign(distance))
        return float(distance / np.sqrt(variance))

    return _end(score, z, -1.0, seen), _end(score, -z, 1.0, seen)


def _end(score: Callable[[float], float], target: float, limit: float, seen: float) -> float:
    """Between the limit and the difference that was seen."""

    def beyond(difference: float) -> float:
        return float(np.clip(score(difference) - target, -1e6, 1e6))

    if seen == limit or beyond(limit) * target <= 0:
        return limit
    # The score of the difference that was seen is 0, also where it jumps there.
    low, high = sorted((limit, seen))
    found = optimize.brentq(lambda x: -target if x == seen else beyond(x), low, high, xtol=1e-15)
    return float(found)


def mcnemar(gained: int, lost: int) -> tuple[float, float]:
    """Two-sided p of McNemar's exact test, and its mid-p."""
    if not gained + lost:
        return 1.0, 1.0
    exact = float(stats.binomtest(gained, gained + lost).pvalue)
    tail = 2 * stats.binom.cdf(min(gained, lost), gained + lost, 0.5)
    return exact, min(1.0, float(tail - stats.binom.pmf(gained, gained + lost, 0.5)))


def adjusted(p_values: Sequence[float], method: str) -> list[float]:
    """By Holm (1979), or Benjamini and Hochberg (1995)."""
    count = len(p_values)
    order = np.argsort(p_values, kind="stable")
    ranked = np.asarray(p_values, dtype=np.float64)[order]
    if method == "holm":
        stepped = np.maximum.accumulate(ranked * (count - np.arange(count)))
    else:
        stepped = np.minimum.accumulate((ranked * count / np.arange(1, count + 1))[::-1])[::-1]
    found = np.empty(count)
    found[order] = np.minimum(1.0, stepped)
    return [float(p) for p in found]


def quantiles(values: NDArray[np.floating], alpha: float) -> Ends:
    """That leave alpha / 2 on either side."""
    low, high = np.quantile(values, [alpha / 2, 1 - alpha / 2])
    return float(low), float(high)


def centred(value: float, resampled: NDArray[np.floating], alpha: float) -> Ends:
    """About the value, by the resamples' distances from their mean."""
    low, high = quantiles(resampled, alpha)
    mean = float(resampled.mean())
    return value - (high - mean), value + (mean - low)


@dataclass(frozen=True)
class Crossed:
    """A mean over S trainings and n images with the parts of its variance (Searle et al. 1992, chapter 4)."""

    value: float
    seeds: int
    between: float
    shared: float
    noise: float

    @property
    def variance(self) -> float:
        return self.between + self.shared

    def half_width(self, alpha: float) -> float:
        """Quantiles of Student and of the normal distribution, weighted by the variances that they are of."""
        if not self.variance:
            return 0.0
        quantile = float(stats.norm.isf(alpha / 2)) * self.shared
        if self.between:
            quantile += float(stats.t.isf(alpha / 2, self.seeds - 1)) * self.between
        return quantile / float(np.sqrt(self.variance))

    def interval(self, alpha: float) -> Ends:
        return self.value - self.half_width(alpha), self.value + self.half_width(alpha)

    @property
    def p_value(self) -> float:
        """The alpha whose interval ends at 0; 0 below 1e-100."""
        if not self.value or not self.variance:
            return float(self.value == 0)
        if self.half_width(1e-100) <= abs(self.value):
            return 0.0
        log_p = optimize.brentq(
            lambda log: self.half_width(float(np.exp(log))) - abs(self.value), np.log(1e-100), 0
        )
        return float(np.exp(log_p))

    @property
    def errors(self) -> tuple[float, float]:
        """Standard errors due to the trainings and to the images."""
        return float(np.sqrt(max(0.0, self.between - self.noise))), float(np.sqrt(self.shared + self.noise))


def crossed(values: NDArray[Any]) -> Crossed:
    """From (S, n) values by the two-way analysis of variance without replication."""
    x = values.astype(np.float64)
    seeds, images = x.shape
    rows, columns = x.mean(axis=1), x.mean(axis=0)
    over_images = float(columns.var(ddof=1)) / images
    if seeds == 1:
        return Crossed(float(x.mean()), 1, 0.0, over_images, 0.0)
    rest = x - rows[:, None] - columns[None, :] + x.mean()
    noise = float((rest**2).sum()) / ((seeds - 1) * (images - 1)) / (seeds * images)
    between = float(rows.var(ddof=1)) / seeds
    return Crossed(float(x.mean()), seeds, between, max(0.0, over_images - noise), noise)


def crossed_signs(signs: NDArray[Any]) -> Crossed:
    """Of differences of right and wrong, with one image gained and one lost added (Bonett and Price 2012)."""
    seeds = len(signs)
    return crossed(np.hstack([signs, np.full((seeds, 1), 1 / seeds), np.full((seeds, 1), -1 / seeds)]))


def crossed_resamples(values: NDArray[Any], resampled: NDArray[Any]) -> Crossed:
    """From (S,) values and their (S, B) resamples: the covariance of the resamples is the images' part."""
    seeds = len(values)
    covariance = np.atleast_2d(np.cov(resampled))
    over_images = float(covariance.mean())
    if seeds == 1:
        return Crossed(float(values[0]), 1, 0.0, over_images, 0.0)
    rest = (np.trace(covariance) - covariance.sum() / seeds) / (seeds - 1)
    noise = max(0.0, float(rest)) / seeds
    between = float(np.var(values, ddof=1)) / seeds
    return Crossed(float(np.mean(values)), seeds, between, max(0.0, over_images - noise), noise)
