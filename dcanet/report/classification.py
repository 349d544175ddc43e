"""The numbers of Table 1: ours from the stored results, the paper's from the sheet."""

from collections.abc import Sequence
from math import isfinite
from statistics import mean, stdev

from ..documents import Costs, Result, Throughput
from ..sheets import Classifier, Pair
from .stored import NOT_RUN, REAL, Stored
from .table import Column, Content, Missing, Value, difference

ACCURACIES = {"top1": "top1_percent", "top5": "top5_percent"}
CALIBRATION = {"nll": "nll", "ece": "ece_percent"}
COSTS = {"params": "parameters", "macs": "macs"}
PUBLISHED = {
    "top1": "published_top1_percent",
    "top5": "published_top5_percent",
    "params": "published_params_mega",
    "macs": "published_macs_giga",
}
NOT_PUBLISHED = Missing("not in paper")
NOT_MEASURED = Missing("not in the pair's file")


def ours(column: Column, pair: Pair, model: Classifier, stored: Stored) -> Content:
    """What we found for one model."""
    key = column.metric.key
    runs = stored.runs[model.id]
    if of_val := (ACCURACIES | CALIBRATION).get(key):
        return _over_seeds([run.metrics for run in runs], of_val)
    if test := column.test or (REAL if key == "real_top1" else ""):
        return _over_seeds([run.tests[test].metrics for run in runs], "top1_percent")
    if key in COSTS:
        return _cost(stored.costs[pair.id], model, COSTS[key])
    return _speed(stored.speeds[column.device][pair.id], model)


def published(column: Column, model: Classifier) -> Content:
    """What the paper prints for one model, in base units."""
    if column.metric.key not in PUBLISHED:
        return NOT_PUBLISHED
    return Value(getattr(model, PUBLISHED[column.metric.key]) * column.metric.scale)


def our_difference(
    column: Column, pair: Pair, baseline: Content, connected: Content, stored: Stored
) -> Content:
    """Connected minus baseline; for throughput the paired ratio, as a relative change in percent."""
    plain = difference(connected, baseline)
    if not column.metric.relative or isinstance(plain, Missing):
        return plain
    timing = stored.speeds[column.device][pair.id]
    if isinstance(timing, Missing) or timing.ratio is None:
        return Missing("not timed as a pair")
    low_high = timing.ratio_interval
    return Value(
        _change(timing.ratio),
        interval=(_change(low_high[0]), _change(low_high[1])) if low_high else None,
    )


def _over_seeds(results: Sequence[Result | Missing], field: str) -> Content:
    found = [result for result in results if isinstance(result, Result)]
    if not found:
        return next((result for result in results if isinstance(result, Missing)), NOT_RUN)
    numbers = [getattr(metrics, field) for metrics in found]
    return Value(
        mean(numbers),
        sd=stdev(numbers) if len(numbers) > 1 else None,
        seeds=tuple(metrics.seed for metrics in found if metrics.seed is not None),
    )


def _cost(costs: Costs | Missing, model: Classifier, field: str) -> Content:
    if isinstance(costs, Missing):
        return costs
    found = costs.models.get(model.id)
    return Value(getattr(found, field)) if found else NOT_MEASURED


def _speed(timing: Throughput | Missing, model: Classifier) -> Content:
    if isinstance(timing, Missing):
        return timing
    found = timing.models.get(model.id)
    if found is None or not all(map(isfinite, (found.images_per_second, *found.interval))):
        return NOT_MEASURED
    return Value(found.images_per_second, interval=found.interval)


def _change(ratio: float) -> float:
    return (ratio - 1) * 100
