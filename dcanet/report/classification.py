"""The numbers of Table 1: ours from the stored results, the paper's from the sheet."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from statistics import mean, stdev

from ..comparison_documents import Estimate, NotCompared, Top1Comparison
from ..documents import Result
from ..profile_documents import ModelCosts, Throughput
from ..sheets import Classifier, Pair
from .jobs import COSTS as COUNTING
from .jobs import STATISTICS, of_runs, timing
from .own_metrics import measured, own_difference, own_number
from .stored import NOT_RUN, REAL, Run, Stored, evaluated
from .table import Column, Content, Judgement, Missing, Value, difference

ACCURACIES = {"top1": "top1_percent", "top5": "top5_percent"}
CALIBRATION = {"nll": "nll", "ece": "ece_percent"}
#: The number of a network's costs that each column shows.
COSTS: dict[str, Callable[[ModelCosts], int]] = {
    "params": lambda costs: costs.parameters.total,
    "macs": lambda costs: costs.macs["fvcore"].total,
    "macs_published": lambda costs: costs.macs["published"].total,
}
PUBLISHED = {
    "top1": "published_top1_percent",
    "top5": "published_top5_percent",
    "params": "published_params_mega",
    "macs": "published_macs_giga",
    "macs_published": "published_macs_giga",
}
#: Of top-5.
GUESSES = 5
NOT_PUBLISHED = Missing("not in paper")
NOT_MEASURED = Missing("not in the pair's file")


def ours(column: Column, pair: Pair, model: Classifier, stored: Stored) -> Content:
    """What we found for one model."""
    key = column.metric.key
    runs = stored.runs[model.id]
    if key == "top5" and (few := _few_classes(runs)):
        return few
    if of_val := (ACCURACIES | CALIBRATION).get(key):
        found = _over_seeds([run.metrics for run in runs], of_val)
        known = stored.statistics_of(model.id)
        if isinstance(found, Missing) or known is None:
            return found
        return _with_interval(found, getattr(known, key))
    if test := _test_of(column):
        found = _over_seeds([run.tests[test].metrics for run in runs], "top1_percent")
        of_test = stored.accuracy_on(test, model.id)
        return found if isinstance(found, Missing) or of_test is None else _with_interval(found, of_test.top1)
    if own := measured(column, stored):
        return own_number(own, model.id)
    if key in COSTS:
        costs = stored.cost_of(model.id)
        return costs if isinstance(costs, Missing) else Value(COSTS[key](costs))
    return _speed(stored.speeds[column.device][pair.id], model)


def jobs_of(column: Column, pair: Pair, models: Sequence[Classifier], stored: Stored) -> tuple[str, ...]:
    """Keys of what made our number of these models of a pair."""
    key = column.metric.key
    if key in COSTS:
        return (COUNTING,)
    if key == "throughput":
        return (timing(column.device, pair.id),)
    test = _test_of(column)
    stage = f"test-{test}" if test else "eval"
    found = [job for m in models for job in of_runs("classification", m.id, stored.runs[m.id], stage)]
    compared = bool(test) or key in ACCURACIES | CALIBRATION or bool(measured(column, stored))
    tested = compared and not isinstance(stored.statistics, Missing)
    return (*found, *([STATISTICS] if tested else []))


def published(column: Column, model: Classifier) -> Content:
    """What the paper prints for one model, in base units."""
    number = getattr(model, PUBLISHED[column.metric.key]) if column.metric.key in PUBLISHED else None
    return NOT_PUBLISHED if number is None else Value(number * column.metric.scale)


def our_difference(
    column: Column, pair: Pair, baseline: Content, connected: Content, stored: Stored
) -> Content:
    """Connected minus baseline, with the paired interval; of speeds the overhead, measured as such."""
    plain = difference(connected, baseline)
    if isinstance(plain, Missing):
        return plain
    if own := measured(column, stored):
        return own_difference(own, pair.id)
    if test := _test_of(column):
        return _judged(plain, "top1", column, stored.comparison_on(test, pair.id))
    if column.metric.key in ACCURACIES | CALIBRATION:
        return _judged(plain, column.metric.key, column, stored.comparison_of(pair.id))
    if column.metric.key != "throughput":
        return plain
    timing = stored.speeds[column.device][pair.id]
    shown = None if isinstance(timing, Missing) else timing.measurements[0]
    if shown is None or shown.overhead_percent is None:
        return Missing("not timed as a pair")
    return Value(shown.overhead_percent, interval=shown.overhead_interval)


def _test_of(column: Column) -> str:
    """The extra test set that a column is of; empty where it is of none."""
    return column.test or (REAL if column.metric.key == "real_top1" else "")


def _with_interval(value: Value, known: Estimate) -> Value:
    return replace(value, interval=known.interval)


def _judged(plain: Value, number: str, column: Column, compared: Top1Comparison | NotCompared) -> Value:
    """With the paired interval of a number of the comparison; the verdict is on top-1."""
    if isinstance(compared, NotCompared):
        return plain
    paired = _with_interval(plain, getattr(compared, number))
    if not column.metric.tested:
        return paired
    return replace(paired, judgement=Judgement(compared.verdict, compared.p_adjusted, compared.detectable))


def _few_classes(runs: Sequence[Run]) -> Missing | None:
    """Why there is no top-5 of a network whose first five guesses are all that it can guess."""
    outputs = {metrics.of_classes for metrics in evaluated(runs)}
    if not outputs or max(outputs) > GUESSES:
        return None
    return Missing(f"all {max(outputs)} classes")


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


def _speed(timing: Throughput | Missing, model: Classifier) -> Content:
    if isinstance(timing, Missing):
        return timing
    found = timing.measurements[0].models.get(model.id)
    if found is None:
        return NOT_MEASURED
    return Value(found.images_per_second, interval=found.interval)
