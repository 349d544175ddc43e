"""The difference of two networks' top-1 on the same images, and which of many are more than noise."""

from collections.abc import Callable, Mapping
from typing import TypeVar

import numpy as np

from ..comparison_documents import NotCompared, Top1Comparison
from .graded import Graded
from .many import adjusted, level_left
from .models import estimate, of_signs, split_of
from .paired import PairCounts, detectable_difference, mcnemar_mid_p, tango
from .pairs import Pair, top1_differences
from .seeds import CrossedMean, crossed_difference
from .settings import Settings
from .verdict import verdict

POWER = 0.8
Run = TypeVar("Run", bound=Graded)
Comparison = TypeVar("Comparison", bound=Top1Comparison)


def p_value_of(pair: Pair[Graded]) -> float:
    """That top-1 differs: mid-p McNemar of one training each, of several over seeds and images."""
    if pair.single:
        (counts,) = pair.counts()
        return float(mcnemar_mid_p(counts.gained, counts.lost))
    return crossed_difference(top1_differences(pair)).p_value


def compare_top1(
    pair: Pair[Graded], settings: Settings, p_adjusted: float | None = None, level: float | None = None
) -> Top1Comparison:
    """By Tango's interval of one training each; of several over seeds and images.

    Args:
        p_adjusted: over the pairs that are shown together; by default of this pair alone.
        level: the p that it takes to be told from noise, for the detectable difference; alpha by default.
    """
    alpha = settings.alpha
    p_value = p_value_of(pair)
    p_adjusted = p_value if p_adjusted is None else p_adjusted
    counts = pair.counts()
    first = counts[0]
    crossed = None
    top1 = estimate(first.difference, tango(first.gained, first.lost, first.images, alpha), 100)
    if not pair.single:
        signs = top1_differences(pair)
        crossed = crossed_difference(signs)
        top1 = of_signs(signs, crossed, alpha)
    return Top1Comparison(
        baseline=pair.baseline,
        other=pair.other,
        images=len(pair.images),
        gained=sum(run.gained for run in counts),
        lost=sum(run.lost for run in counts),
        top1=top1,
        split=split_of(crossed, 100) if crossed else None,
        p_value=p_value,
        p_adjusted=p_adjusted,
        verdict=verdict(top1, p_adjusted, alpha),
        detectable=_detectable(first, crossed, alpha if level is None else level),
    )


def judged_together(
    pairs: Mapping[str, Pair[Run] | NotCompared],
    settings: Settings,
    compare: Callable[[Pair[Run], float, float], Comparison],
) -> dict[str, Comparison | NotCompared]:
    """What `compare` makes of each pair, of its p-value adjusted over these pairs, and of the level left.

    Pairs that cannot be compared stay what they are, and no p-value is adjusted for them.
    """
    whole = {name: pair for name, pair in pairs.items() if not isinstance(pair, NotCompared)}
    p_adjusted = adjusted([p_value_of(pair) for pair in whole.values()], settings.adjustment)
    level = level_left(p_adjusted, settings.alpha, settings.adjustment) if whole else settings.alpha
    by_name = dict(zip(whole, p_adjusted, strict=True))
    return {
        name: pair if isinstance(pair, NotCompared) else compare(pair, float(by_name[name]), level)
        for name, pair in pairs.items()
    }


def _detectable(counts: PairCounts, crossed: CrossedMean | None, level: float) -> float | None:
    """In points; of several trainings the interval's half width and the power's quantile of the error."""
    from scipy.special import ndtri

    if crossed:
        found = crossed.half_width(level) + float(ndtri(POWER)) * float(np.sqrt(crossed.variance))
        return 100 * found if found < 1 else None
    least = detectable_difference(counts.images, counts.discordance, level, POWER)
    return None if least is None else 100 * least
