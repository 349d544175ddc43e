"""The numbers of Table 2: ours from the stored results, the paper's from the sheet."""

from collections.abc import Sequence
from dataclasses import replace
from statistics import mean, stdev

from ..comparison_documents import ApComparison, ApStatistics, Estimate, NotCompared
from ..detection_documents import ApBootstrap, DetectionMetrics
from ..errors import UserError
from ..evaluation.ap_bootstrap import paired_intervals
from ..sheets import Detector
from .classification import NOT_PUBLISHED
from .jobs import STATISTICS, of_runs
from .reading import NOT_RUN
from .stored_detection import DetectorRun, StoredDetection
from .table import Column, Content, Judgement, Missing, Value, difference

PUBLISHED = {
    "ap": "published_ap",
    "ap50": "published_ap50",
    "ap75": "published_ap75",
    "ap_small": "published_ap_small",
    "ap_medium": "published_ap_medium",
    "ap_large": "published_ap_large",
}
NO_OBJECT = Missing("no such object", "the evaluated images have no object of this size")


def ours(
    column: Column, detector: str, stored: StoredDetection, known: ApStatistics | NotCompared | None = None
) -> Content:
    """What we found: of one run with the interval over images, of several their mean and spread.

    The interval over several, which is in `known`, is taken where it is of these very results.
    """
    key = column.metric.key
    runs = stored.runs[detector]
    found = stored.evaluated(detector)
    if not found:
        return next((run.metrics for run in runs if isinstance(run.metrics, Missing)), NOT_RUN)
    numbers = [number for metrics in found if (number := getattr(metrics.numbers, key)) is not None]
    if not numbers:
        return NO_OBJECT
    value = Value(
        mean(numbers),
        sd=stdev(numbers) if len(numbers) > 1 else None,
        seeds=tuple(metrics.seed for metrics in found if metrics.seed is not None),
    )
    if len(found) == 1:
        interval = found[0].intervals.get(key)
        return replace(value, interval=(interval.low, interval.high)) if interval else value
    over_seeds = known.numbers.get(key) if isinstance(known, ApStatistics) else None
    return replace(value, interval=over_seeds.interval) if over_seeds and _is_of(over_seeds, value) else value


def jobs_of(detectors: Sequence[str], stored: StoredDetection, tested: bool = False) -> tuple[str, ...]:
    """Keys of what made our numbers of these detectors, or their tested difference."""
    found = (job for name in detectors for job in of_runs("detection", name, stored.runs[name]))
    return (*found, *([STATISTICS] if tested else []))


def published(column: Column, detector: Detector) -> Content:
    """What the paper prints."""
    number = getattr(detector, PUBLISHED[column.metric.key])
    return NOT_PUBLISHED if number is None else Value(number)


def our_difference(
    column: Column,
    detector: str,
    baseline: str,
    stored: StoredDetection,
    compared: ApComparison | NotCompared | None = None,
) -> Content:
    """Detector minus baseline; of single runs on the same images with the paired interval.

    The verdict of `compared` is taken where it is of these very results.
    """
    plain = difference(ours(column, detector, stored), ours(column, baseline, stored))
    if isinstance(plain, Value) and isinstance(compared, ApComparison):
        known = compared.numbers.get(column.metric.key)
        if known is not None and _is_of(known, plain):
            judged = Judgement(compared.verdict, compared.p_adjusted) if column.metric.tested else None
            return replace(plain, interval=known.interval, judgement=judged)
    pair = _pair(stored.runs[baseline], stored.runs[detector])
    if isinstance(plain, Missing) or pair is None:
        return plain
    try:
        interval = paired_intervals(*pair).get(column.metric.key)
    except UserError:
        return plain  # on other images: the warnings say so
    return Value(plain.number, interval=(interval.low, interval.high)) if interval else plain


def _is_of(known: Estimate, shown: Value) -> bool:
    return abs(known.value - shown.number) < 1e-6


def _pair(
    baseline: Sequence[DetectorRun], other: Sequence[DetectorRun]
) -> tuple[ApBootstrap, ApBootstrap] | None:
    """The resamples of both where each has one evaluated run."""
    sides = [[run for run in runs if isinstance(run.metrics, DetectionMetrics)] for runs in (baseline, other)]
    if any(len(side) != 1 for side in sides):
        return None
    base, found = (side[0].bootstrap for side in sides)
    return (base, found) if isinstance(base, ApBootstrap) and isinstance(found, ApBootstrap) else None
