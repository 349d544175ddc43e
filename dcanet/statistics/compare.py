"""A network against its baseline, from both's predictions of the same images."""

import numpy as np

from ..comparison_documents import Estimate, PairComparison, RunComparison
from .agreement import mistakes, surest_flips
from .bootstrap import centred_interval, percentile_interval, resample_counts
from .models import calibration_shares_of, estimate, of_mean, of_signs, split_of
from .paired import PairCounts, detectable_difference, mcnemar_exact, mcnemar_mid_p, tango
from .pairs import Pair, top1_differences
from .per_class import class_deltas
from .resampled import Resampled
from .scores import Scores
from .seeds import CrossedMean, crossed_difference, crossed_mean
from .settings import Settings
from .verdict import verdict

POWER = 0.8


def p_value_of(pair: Pair) -> float:
    """That top-1 differs: mid-p McNemar of one training each, of several over seeds and images."""
    if pair.single:
        (counts,) = pair.counts()
        return float(mcnemar_mid_p(counts.gained, counts.lost))
    return crossed_difference(top1_differences(pair)).p_value


def compare_pair(
    pair: Pair,
    draws: tuple[Resampled, Resampled] | None,
    settings: Settings,
    p_adjusted: float | None = None,
    level: float | None = None,
) -> PairComparison:
    """All that can be said of a pair.

    Args:
        draws: the baseline's and the other's, of one training each; of several none are needed.
        p_adjusted: over the table; by default of this pair alone.
        level: the p that it takes to be told from noise, for the detectable difference; alpha by default.
    """
    alpha = settings.alpha
    p_value = p_value_of(pair)
    p_adjusted = p_value if p_adjusted is None else p_adjusted
    counts = pair.counts()
    signs = top1_differences(pair)
    crossed = None if pair.single else crossed_difference(signs)
    runs = [
        _run(base, other, cells, settings) for (base, other), cells in zip(pair.runs, counts, strict=True)
    ]
    top1 = of_signs(signs, crossed, alpha) if crossed else runs[0].difference
    first_base, first_other = pair.runs[0]
    gained, lost = surest_flips(first_base, first_other, settings.surest)
    return PairComparison(
        baseline=pair.baseline,
        other=pair.other,
        images=len(pair.images),
        runs=runs,
        top1=top1,
        top5=_top5(pair, alpha),
        nll=_nll(pair, draws, alpha),
        ece=_ece(pair, draws, alpha),
        split=split_of(crossed, 100) if crossed else None,
        p_value=p_value,
        p_adjusted=p_adjusted,
        verdict=verdict(top1, p_adjusted, alpha),
        detectable=_detectable(counts[0], crossed, alpha if level is None else level),
        per_class=class_deltas(first_base.images, first_base.targets, signs, settings),
        surest_gained=gained,
        surest_lost=lost,
    )


def _run(baseline: Scores, other: Scores, counts: PairCounts, settings: Settings) -> RunComparison:
    same, different = mistakes(baseline, other)
    cells = (counts.gained, counts.lost, counts.both + counts.neither)
    drawn = resample_counts(cells, settings.resamples, settings.seed)
    resampled_difference = (drawn[:, 0] - drawn[:, 1]) / counts.images
    ends = tango(counts.gained, counts.lost, counts.images, settings.alpha)
    return RunComparison(
        seed=other.seed,
        both_right=counts.both,
        gained=counts.gained,
        lost=counts.lost,
        same_mistake=same,
        other_mistake=different,
        difference=estimate(counts.difference, ends, 100),
        bootstrap=estimate(counts.difference, percentile_interval(resampled_difference, settings.alpha), 100),
        p_exact=float(mcnemar_exact(counts.gained, counts.lost)),
        p_mid=float(mcnemar_mid_p(counts.gained, counts.lost)),
    )


def _top5(pair: Pair, alpha: float) -> Estimate:
    signs = pair.differences(lambda run: run.right5)
    if not pair.single:
        return of_signs(signs, crossed_difference(signs), alpha)
    gained, lost = (int(np.count_nonzero(signs == sign)) for sign in (1, -1))
    images = signs.shape[1]
    return estimate((gained - lost) / images, tango(gained, lost, images, alpha), 100)


def _nll(pair: Pair, draws: tuple[Resampled, Resampled] | None, alpha: float) -> Estimate:
    mean = crossed_mean(pair.differences(lambda run: run.losses))
    if draws is None:
        return of_mean(mean, alpha)
    return estimate(mean.value, percentile_interval(draws[1].nll - draws[0].nll, alpha))


def _ece(pair: Pair, draws: tuple[Resampled, Resampled] | None, alpha: float) -> Estimate:
    mean = crossed_mean(pair.differences(calibration_shares_of))
    if draws is None:
        return of_mean(mean, alpha, 100)
    return estimate(mean.value, centred_interval(mean.value, draws[1].ece - draws[0].ece, alpha), 100)


def _detectable(counts: PairCounts, crossed: CrossedMean | None, level: float) -> float | None:
    """In points; of several trainings the interval's half width and the power's quantile of the error."""
    from scipy.special import ndtri

    if crossed:
        found = crossed.half_width(level) + float(ndtri(POWER)) * float(np.sqrt(crossed.variance))
        return 100 * found if found < 1 else None
    least = detectable_difference(counts.images, counts.discordance, level, POWER)
    return None if least is None else 100 * least
