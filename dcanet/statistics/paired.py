"""Two networks on the same images: which differences are more than noise.

Only discordant images say anything: those `gained`, that only the other network has right, and those `lost`,
that only the baseline has right. Functions take counts of any shape and work on all of them at once.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .proportions import Ends

#: Halvings of an interval of length 2, down to the spacing of floating-point numbers.
HALVINGS = 56


@dataclass(frozen=True)
class PairCounts:
    """The four cells of two networks' first guesses."""

    both: int
    gained: int
    lost: int
    neither: int

    @classmethod
    def of(cls, baseline: NDArray[np.bool_], other: NDArray[np.bool_]) -> "PairCounts":
        """From (N,) whether each image is right, in the same order."""
        both, gained, lost = (
            int(np.count_nonzero(cell)) for cell in (baseline & other, ~baseline & other, baseline & ~other)
        )
        return cls(both, gained, lost, len(baseline) - both - gained - lost)

    @property
    def images(self) -> int:
        return self.both + self.gained + self.lost + self.neither

    @property
    def difference(self) -> float:
        """Other minus baseline, -1 to 1."""
        return (self.gained - self.lost) / self.images

    @property
    def discordance(self) -> float:
        """Share of the images that just one has right, 0 to 1."""
        return (self.gained + self.lost) / self.images


def mcnemar_exact(gained: ArrayLike, lost: ArrayLike) -> Any:
    """Two-sided p of McNemar's exact test: are discordant images as often gained as lost?

    Source: the binomial form, which is conservative (Fagerland et al., doi 10.1186/1471-2288-13-91).
    """
    from scipy.stats import binom

    fewer, total = np.minimum(gained, lost), np.add(gained, lost)
    return np.minimum(1.0, 2 * binom.cdf(fewer, total, 0.5))


def mcnemar_mid_p(gained: ArrayLike, lost: ArrayLike) -> Any:
    """Two-sided mid-p of McNemar's test: the outcome that was seen counts by half.

    Source: Fagerland, Lydersen and Laake, "The McNemar test for binary matched-pairs data: mid-p and
        asymptotic are better than exact conditional" (2013).
    """
    from scipy.stats import binom

    fewer, total = np.minimum(gained, lost), np.add(gained, lost)
    p = 2 * binom.cdf(fewer, total, 0.5) - binom.pmf(fewer, total, 0.5)
    return np.minimum(1.0, p)


def tango(gained: ArrayLike, lost: ArrayLike, images: ArrayLike, alpha: float = 0.05) -> Ends:
    """Score interval of the difference of two paired shares, -1 to 1.

    It is made of the differences that the score test does not reject, so it always holds the one that was
    seen, and leaves out 0 where McNemar's chi-squared, without correction, is beyond its quantile.

    Source: Tango, "Equivalence test and confidence interval for the difference in proportions for the
        paired-sample design" (1998).
    """
    from scipy.special import ndtri

    b, c, n = np.broadcast_arrays(*(np.asarray(x, dtype=np.float64) for x in (gained, lost, images)))
    value = (b - c) / n
    z = ndtri(1 - alpha / 2)
    # The score falls as the assumed difference rises, from +z at the lower end to -z at the upper one.
    targets = np.reshape([z, -z], (2, *[1] * value.ndim))
    below, above = np.stack([np.full(value.shape, -1.0), value]), np.stack([value, np.ones(value.shape)])
    for _ in range(HALVINGS):
        middle = (below + above) / 2
        still_higher = _score(b, c, n, middle) > targets
        below, above = np.where(still_higher, middle, below), np.where(still_higher, above, middle)
    # The outer of the two, so that rounding never leaves out the estimate.
    return below[0], above[1]


def _score(
    b: NDArray[Any], c: NDArray[Any], n: NDArray[Any], difference: NDArray[Any]
) -> NDArray[np.float64]:
    """Tango's statistic; the share that is lost is its most likely value under the assumed difference."""
    slope = (2 * n - b + c) * difference - b - c
    root = np.sqrt(np.maximum(slope**2 + 8 * n * c * difference * (1 - difference), 0))
    lost = (root - slope) / (4 * n)
    variance = n * (2 * lost + difference * (1 - difference))
    with np.errstate(divide="ignore", invalid="ignore"):
        score = (b - c - n * difference) / np.sqrt(np.maximum(variance, 0))
    # Without any variance the assumed difference is the only one possible: 0 if it is the one that was seen.
    told: NDArray[np.float64] = np.where(np.isnan(score), 0.0, score)
    return told


def detectable_difference(
    images: int, discordance: float, alpha: float = 0.05, power: float = 0.8
) -> float | None:
    """Least difference, 0 to 1, that McNemar's test finds with this power; None if there is none.

    Where it would exceed the discordance, as many images differ as it needs, all of them gained.

    Source: Connett, Smith and McHugh, "Sample size and power for pair-matched case-control studies" (1987),
        d sqrt(n) = z_alpha sqrt(D) + z_beta sqrt(D - d^2), solved for d.
    """
    from scipy.special import ndtri

    a, b = ndtri(1 - alpha / 2), ndtri(power)
    if images + b**2 <= a**2:
        return None
    scale = (a * np.sqrt(images) + b * np.sqrt(images + b**2 - a**2)) / (images + b**2)
    found = float(scale * max(np.sqrt(discordance), scale))
    return found if found < 1 else None
