"""Columns of plug-ins' metrics, from what `dcanet statistics` stored of them."""

from collections.abc import Mapping

from ..comparison_documents import MeasuredMetric, NotCompared
from .metrics import Metric
from .stored import Stored
from .table import Column, Content, Missing, Value

#: Before the metric's name, so that it never meets a column of the project's own.
PREFIX = "own_"


def metrics_of(stored: Stored) -> Mapping[str, MeasuredMetric]:
    """Those of plug-ins, by their names."""
    return {} if isinstance(stored.statistics, Missing) else stored.statistics.metrics


def own_metric(name: str, found: MeasuredMetric) -> Metric:
    """How the column is written."""
    return Metric(
        key=f"{PREFIX}{name}",
        label=found.label,
        unit=found.unit,
        direction=found.direction,
        decimals=found.decimals,
        delta_decimals=found.decimals,
        description=f"{found.description} By a plug-in's metric {name}, on the validation images.",
        published="not in the paper",
        base="value",
        scaled="value",
        delta_unit="points" if found.unit == "%" else "",
        spread=("seeds", "interval"),
    )


def measured(column: Column, stored: Stored) -> MeasuredMetric | None:
    """What the column shows; None where it is no plug-in's."""
    key = column.metric.key
    return metrics_of(stored).get(key.removeprefix(PREFIX)) if key.startswith(PREFIX) else None


def own_number(metric: MeasuredMetric, model: str) -> Content:
    """Of one network."""
    found = metric.models.get(model) or NotCompared(reason="not measured yet")
    if isinstance(found, NotCompared):
        return Missing(found.reason)
    return Value(found.value, found.sd, tuple(found.seeds), found.interval)


def own_difference(metric: MeasuredMetric, pair: str) -> Content:
    """Connected minus baseline."""
    found = metric.pairs.get(pair) or NotCompared(reason="not compared yet")
    if isinstance(found, NotCompared):
        return Missing(found.reason)
    return Value(found.value, interval=found.interval)
