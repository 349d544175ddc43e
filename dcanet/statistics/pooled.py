"""All pairs of a table in one statement."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from ..comparison_documents import NotCompared, Pooled, RandomEffects, Verdict
from .many import random_effects
from .models import estimate, of_mean, split_of
from .pairs import Pair, top1_differences
from .scores import Scores
from .seeds import crossed_mean
from .settings import Settings


def pool(
    pairs: Sequence[Pair[Scores]], verdicts: Sequence[Verdict], settings: Settings
) -> Pooled | NotCompared:
    """The mean top-1 gain of these pairs, and of such pairs.

    The pairs' images are the same, so the mean is taken on each image first; its interval counts what the
    pairs have in common. Several trainings are averaged seed by seed; where not all pairs have the same
    seeds, over each pair's own, and the interval is over images alone.
    """
    if not pairs:
        return NotCompared(reason="no pair could be compared")
    first = pairs[0]
    for pair in pairs[1:]:
        if pair.images != first.images:
            return NotCompared(
                reason=f"the pairs are of different images ({first.other}: {len(first.images):,}, "
                f"{pair.other}: {len(pair.images):,})"
            )
    gains = [top1_differences(pair) for pair in pairs]
    seeds = {tuple(other.seed for _, other in pair.runs) for pair in pairs}
    rows = gains if len(seeds) == 1 else [gain.mean(axis=0, keepdims=True) for gain in gains]
    # Summed in place: stacking all pairs' rows would take as much memory again.
    total = np.zeros_like(rows[0])
    for row in rows:
        total += row
    mean = crossed_mean(total / len(pairs))
    return Pooled(
        pairs=len(pairs),
        gain=of_mean(mean, settings.alpha, 100),
        p_value=mean.p_value,
        split=split_of(mean, 100),
        random_effects=_random_effects(gains, settings) if len(pairs) > 1 else None,
        better=verdicts.count("better"),
        worse=verdicts.count("worse"),
    )


def _random_effects(gains: Sequence[NDArray[np.float64]], settings: Settings) -> RandomEffects:
    by_image = np.stack([gain.mean(axis=0) for gain in gains])
    covariance = np.cov(by_image) / by_image.shape[1]
    # Trainings of different pairs have nothing in common.
    trainings = [crossed_mean(gain).seed_variance for gain in gains]
    found = random_effects(by_image.mean(axis=1), covariance + np.diag(trainings), settings.alpha)
    return RandomEffects(
        mean=estimate(found.mean, found.interval, 100),
        between_pairs=100 * found.between,
        heterogeneity_percent=100 * found.heterogeneity,
    )
