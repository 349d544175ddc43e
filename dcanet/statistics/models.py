"""A network's numbers, each with its interval."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..comparison_documents import AccuracyStatistics, Estimate, ModelStatistics, SeedSplit
from .bootstrap import centred_interval, percentile_interval
from .calibrated import calibration_columns, calibration_shares
from .graded import Graded
from .proportions import wilson
from .resampled import Resampled
from .scores import Scores
from .seeds import CrossedMean, crossed_mean
from .settings import Settings


def accuracy_statistics(runs: Sequence[Graded], alpha: float) -> AccuracyStatistics:
    """Top-1 of one training by Wilson's interval; of several over seeds and images."""
    known = {"images": runs[0].counted, "seeds": [run.seed for run in runs if run.seed is not None]}
    if len(runs) == 1:
        return AccuracyStatistics(**known, top1=_accuracy(runs[0].right, alpha))
    mean = crossed_mean(np.stack([run.right for run in runs]))
    return AccuracyStatistics(**known, top1=_share(mean, alpha), top1_split=split_of(mean, 100))


def model_statistics(runs: Sequence[Scores], draws: Resampled | None, settings: Settings) -> ModelStatistics:
    """Of one training by Wilson's interval and the bootstrap; of several, over seeds and images.

    Args:
        draws: of the one training; of several none are needed.
    """
    alpha = settings.alpha
    accuracy = dict(accuracy_statistics(runs, alpha))
    if draws is not None:
        (run,) = runs
        ece = 100 * float(calibration_shares_of(run).mean())
        low, high = centred_interval(ece, 100 * draws.ece, alpha)
        return ModelStatistics(
            **accuracy,
            top5=_accuracy(run.right5, alpha),
            nll=estimate(float(run.losses.mean(dtype=np.float64)), percentile_interval(draws.nll, alpha)),
            ece=estimate(ece, (max(low, 0.0), high)),
        )

    def over_runs(values: Callable[[Scores], NDArray[Any]]) -> CrossedMean:
        return crossed_mean(np.stack([values(run) for run in runs]))

    return ModelStatistics(
        **accuracy,
        top5=_share(over_runs(lambda run: run.right5), alpha),
        nll=of_mean(over_runs(lambda run: run.losses), alpha),
        ece=_share(over_runs(calibration_shares_of), alpha),
    )


def calibration_shares_of(run: Scores) -> NDArray[np.float64]:
    """(N,) whose mean is the run's calibration error, 0 to 1."""
    return calibration_shares(calibration_columns(run.confidences, run.right))


def estimate(value: float, ends: tuple[float, float], scale: float = 1) -> Estimate:
    """As a document has it, in another unit."""
    return Estimate(value=scale * value, low=scale * float(ends[0]), high=scale * float(ends[1]))


def of_mean(mean: CrossedMean, alpha: float, scale: float = 1) -> Estimate:
    return estimate(mean.value, mean.interval(alpha), scale)


def of_signs(signs: NDArray[np.float64], crossed: CrossedMean, alpha: float) -> Estimate:
    """In points, of (S, n) image-wise differences of right and wrong and their shrunk mean."""
    low, high = crossed.interval(alpha)
    return estimate(float(signs.mean()), (max(low, -1.0), min(high, 1.0)), 100)


def split_of(mean: CrossedMean, scale: float) -> SeedSplit | None:
    """Where its error comes from; None of one training, which cannot tell."""
    if mean.seeds < 2:
        return None
    return SeedSplit(
        seeds=mean.seeds,
        seed_error=scale * np.sqrt(mean.seed_variance),
        sampling_error=scale * np.sqrt(mean.sampling_variance),
    )


def _share(mean: CrossedMean, alpha: float) -> Estimate:
    low, high = mean.interval(alpha)
    return estimate(mean.value, (max(low, 0.0), min(high, 1.0)), 100)


def _accuracy(right: NDArray[np.bool_], alpha: float) -> Estimate:
    hits = int(np.count_nonzero(right))
    return estimate(hits / len(right), wilson(hits, len(right), alpha), 100)
