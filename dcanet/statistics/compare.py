"""A network against its baseline, from both's predictions of the same images."""

import numpy as np

from ..comparison_documents import Estimate, PairComparison, RunComparison
from .agreement import mistakes, surest_flips
from .bootstrap import centred_interval, percentile_interval, resample_counts
from .models import calibration_shares_of, estimate, of_mean, of_signs
from .paired import PairCounts, mcnemar_exact, mcnemar_mid_p, tango
from .pairs import Pair, top1_differences
from .per_class import class_deltas
from .resampled import Resampled
from .scores import Scores
from .seeds import crossed_difference, crossed_mean
from .settings import Settings
from .top1 import compare_top1


def compare_pair(
    pair: Pair[Scores],
    draws: tuple[Resampled, Resampled] | None,
    settings: Settings,
    p_adjusted: float | None = None,
    level: float | None = None,
) -> PairComparison:
    """All that can be said of a pair.

    Args:
        draws: the baseline's and the other's, of one training each; of several none are needed.
        p_adjusted, level: as in `compare_top1`.
    """
    first_base, first_other = pair.runs[0]
    runs = [
        _run(base, other, cells, settings)
        for (base, other), cells in zip(pair.runs, pair.counts(), strict=True)
    ]
    gained, lost = surest_flips(first_base, first_other, settings.surest)
    return PairComparison(
        **dict(compare_top1(pair, settings, p_adjusted, level)),
        runs=runs,
        top5=_top5(pair, settings.alpha),
        nll=_nll(pair, draws, settings.alpha),
        ece=_ece(pair, draws, settings.alpha),
        per_class=class_deltas(first_base.images, first_base.targets, top1_differences(pair), settings),
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


def _top5(pair: Pair[Scores], alpha: float) -> Estimate:
    signs = pair.differences(lambda run: run.right5)
    if not pair.single:
        return of_signs(signs, crossed_difference(signs), alpha)
    gained, lost = (int(np.count_nonzero(signs == sign)) for sign in (1, -1))
    images = signs.shape[1]
    return estimate((gained - lost) / images, tango(gained, lost, images, alpha), 100)


def _nll(pair: Pair[Scores], draws: tuple[Resampled, Resampled] | None, alpha: float) -> Estimate:
    mean = crossed_mean(pair.differences(lambda run: run.losses))
    if draws is None:
        return of_mean(mean, alpha)
    return estimate(mean.value, percentile_interval(draws[1].nll - draws[0].nll, alpha))


def _ece(pair: Pair[Scores], draws: tuple[Resampled, Resampled] | None, alpha: float) -> Estimate:
    mean = crossed_mean(pair.differences(calibration_shares_of))
    if draws is None:
        return of_mean(mean, alpha, 100)
    return estimate(mean.value, centred_interval(mean.value, draws[1].ece - draws[0].ece, alpha), 100)
