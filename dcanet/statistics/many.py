"""Many pairs: adjusted p-values, and one statement about all of them."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..comparison_documents import Adjustment


def adjusted(p_values: ArrayLike, method: Adjustment = "holm") -> NDArray[np.float64]:
    """p-values that can be held against alpha together: by Holm (1979), or Benjamini and Hochberg (1995).

    multipletests of statsmodels gives the same numbers, but collects all garbage at every call, which
    took half the time of a large experiment's statistics.
    """
    found = np.asarray(p_values, dtype=np.float64)
    order = np.argsort(found)
    ranks = np.arange(1, found.size + 1)
    if method == "holm":
        steps = np.maximum.accumulate(found[order] * ranks[::-1])
    else:
        steps = np.minimum.accumulate((found[order] / (ranks / found.size))[::-1])[::-1]
    together = np.empty_like(found)
    together[order] = np.minimum(steps, 1.0)
    return together


def level_left(adjusted_p: ArrayLike, alpha: float = 0.05, method: Adjustment = "holm") -> float:
    """The p that one more pair would need, given which were told from noise.

    With k of m told from noise that is alpha / (m - k) by Holm, alpha (k + 1) / m by Benjamini and Hochberg.
    """
    found = np.asarray(adjusted_p)
    told = int(np.count_nonzero(found <= alpha))
    if method == "holm":
        return alpha / max(1, found.size - told)
    return alpha * min(1.0, (told + 1) / found.size)


@dataclass(frozen=True)
class MetaMean:
    """The mean of the true effects that these are drawn from."""

    mean: float
    interval: tuple[float, float]
    between: float
    """Standard deviation of the true effects."""
    heterogeneity: float
    """I squared: share of the spread that is not chance, 0 to 1."""


def random_effects(effects: ArrayLike, covariance: NDArray[np.float64], alpha: float = 0.05) -> MetaMean:
    """Effects as a sample of such effects, where chance may move several of them together.

    Pairs that are tested on the same images have correlated errors, so the model is
    effects ~ N(mean, covariance + between^2 I). `between` solves Q = m - 1 (Paule and Mandel, 1982), the
    interval is Student's with the scale sqrt(Q / (m - 1)) (Hartung and Knapp, 2001). With a diagonal
    covariance it is what statsmodels' combine_effects calls the iterated estimate, with that scale.

    Args:
        effects: (m,), m > 1.
        covariance: (m, m) of their errors.

    Raises:
        ValueError: fewer than two effects.
    """
    from scipy.optimize import brentq
    from scipy.special import stdtrit

    y = np.asarray(effects, dtype=np.float64)
    m = len(y)
    if m < 2:
        raise ValueError("random effects need at least two effects")
    # Two networks that answer alike have a difference without variance, which could not be weighted by it.
    known = covariance + max(1e-9 * np.trace(covariance) / m, 1e-18) * np.eye(m)

    def fit(between: float) -> tuple[float, float, float]:
        """Weighted mean, its variance, and Q."""
        weights = np.linalg.inv(known + between * np.eye(m))
        variance = 1 / float(weights.sum())
        mean = float(weights.sum(axis=0) @ y) * variance
        rest = y - mean
        return mean, variance, float(rest @ weights @ rest)

    _, _, q_fixed = fit(0.0)
    between = 0.0
    if q_fixed > m - 1:
        # With the variance between the effects themselves, Q is at most m - 1.
        between = float(brentq(lambda t: fit(t)[2] - (m - 1), 0.0, y.var(ddof=1), xtol=1e-18))
    mean, variance, q = fit(between)
    half = float(-stdtrit(m - 1, alpha / 2) * np.sqrt(variance * q / (m - 1)))
    return MetaMean(
        mean=mean,
        interval=(mean - half, mean + half),
        between=float(np.sqrt(between)),
        heterogeneity=max(0.0, 1 - (m - 1) / q_fixed) if q_fixed > 0 else 0.0,
    )
