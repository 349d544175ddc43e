"""Intervals of accuracies that are known only as a share of n images."""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike

Ends = tuple[Any, Any]
"""Lower and upper ends, of the inputs' shape."""


def wilson(right: ArrayLike, images: ArrayLike, alpha: float = 0.05) -> Ends:
    """Interval of an accuracy, 0 to 1.

    Args:
        right: images that were recognised, of any shape; not whole where they follow from a printed accuracy.
        images: how many there are.

    Source: Wilson, "Probable inference" (1927), by statsmodels.
    """
    from statsmodels.stats.proportion import proportion_confint

    low, high = proportion_confint(np.asarray(right), np.asarray(images), alpha, method="wilson")
    return low, high


def newcombe(baseline: ArrayLike, other: ArrayLike, images: ArrayLike, alpha: float = 0.05) -> Ends:
    """Interval of other minus baseline as if each had been tested on `images` images of its own.

    Args:
        baseline, other: accuracies, 0 to 1.

    Source: Newcombe, "Interval estimation for the difference between independent proportions" (1998),
        method 10, by statsmodels.
    """
    from statsmodels.stats.proportion import confint_proportions_2indep

    n = np.asarray(images)
    low, high = confint_proportions_2indep(
        np.asarray(other) * n, n, np.asarray(baseline) * n, n, method="newcomb", compare="diff", alpha=alpha
    )
    return low, high


def discordance_range(baseline: float, other: float) -> tuple[float, float]:
    """Least and greatest share of images that just one of two networks has right, from their accuracies.

    With accuracies p and q on the same images, the shares b and c that only the other and only the baseline
    has right satisfy b - c = q - p. So b + c is least, |q - p|, where one of them is 0. The share that both
    have right is at least max(0, p + q - 1), so b + c is at most min(p + q, 2 - p - q).
    """
    return abs(other - baseline), min(baseline + other, 2 - baseline - other)


def discordant_counts(difference: ArrayLike, discordance: ArrayLike, images: ArrayLike) -> Ends:
    """Images gained and lost, not rounded, for a difference and a share of discordant images."""
    n = np.asarray(images)
    d, total = np.asarray(difference), np.asarray(discordance)
    return np.maximum(n * (total + d) / 2, 0), np.maximum(n * (total - d) / 2, 0)
