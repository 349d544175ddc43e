"""What Tables 1 and 2 should show, from the results and the sheets."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from statistics import mean, stdev
from typing import Any

from ..comparison_documents import ApComparison, ApStatistics, Estimate, NotCompared, TableStatistics
from ..profile_documents import Costs, ModelCosts, Throughput
from ..sheets import Classifier, Detector, Pair
from .experiment import BySeed, Experiment, chosen

REAL = "real"


@dataclass(frozen=True)
class Number:
    """One of ours with what is known of it, in base units."""

    value: float
    sd: float | None = None
    seeds: tuple[int, ...] = ()
    interval: tuple[float, float] | None = None
    verdict: str = ""
    p_adjusted: float | None = None


@dataclass(frozen=True)
class Column:
    """As the CSV names it: ours_<group>_<key>_<unit>, paper_<on>_<group>_<key>_<shown unit>."""

    group: str
    key: str
    unit: str
    shown_unit: str
    scale: int = 1
    seeds: bool = False
    interval: bool = False
    tested: bool = False
    detail: bool = False


@dataclass(frozen=True)
class Row:
    """Cells in the order of the columns; None where there is no number. The paper's are in shown units."""

    name: str
    ours: list[Number | None]
    paper: list[float | None]


@dataclass(frozen=True)
class Table:
    """One of the two."""

    key: str
    paper: str
    columns: list[Column]
    rows: list[Row] = field(default_factory=list)


@dataclass(frozen=True)
class Results:
    """All that the tables are made of."""

    found: Experiment
    statistics: TableStatistics | None
    costs: Costs | None
    speeds: Mapping[str, Mapping[str, Throughput]]
    pretrained: Sequence[str] = ()
    """Networks of which the weights that were not trained here are shown, where there are both."""

    def shown(self, results: Mapping[str, BySeed[Any]], name: str) -> list[Any]:
        """Those of a network's results that the tables are of."""
        found = results.get(name, {})
        seeds = [] if name in self.pretrained else sorted(seed for seed in found if seed is not None)
        return chosen(found, seeds) or []


def table1(pairs: Sequence[Pair], results: Results) -> Table:
    """Classifiers: baseline, connected, and their difference."""
    columns = list(_columns1(results))
    rows = [_row1(pair, columns, results) for pair in pairs]
    sides = [Column(group, *_rest(column)) for group in ("baseline", "dca") for column in columns]
    return Table("table1", "paper_imagenet", [*sides, *(_difference(column) for column in columns)], rows)


def _rest(column: Column) -> tuple[Any, ...]:
    return tuple(getattr(column, name) for name in list(Column.__dataclass_fields__)[1:])


def _difference(column: Column) -> Column:
    key, unit, scaled = column.key, column.unit, column.shown_unit
    if key.startswith("throughput_"):
        key, unit, scaled = key.replace("throughput", "overhead"), "percent", "percent"
    elif unit == "percent":
        unit = scaled = "points"
    return Column(
        "delta", key, unit, scaled, column.scale, False, column.interval, column.tested, column.detail
    )


#: Of a network are stored.
GUESSES = 5


def _columns1(results: Results) -> Iterator[Column]:
    share = ("percent", "percent", 1, True, True)
    yield Column("", "top1", *share, tested=True)
    yield Column("", "top5", *share)
    for test in sorted(results.found.tested):
        yield Column("", "real_top1" if test == REAL else f"test_top1_{test}", *share, tested=True)
    yield Column("", "params", "count", "mega", 10**6)
    yield Column("", "macs", "count", "giga", 10**9)
    for device in sorted(results.speeds) or [""]:
        key = f"throughput_{device}" if device else "throughput"
        yield Column("", key, "images_per_second", "images_per_second", interval=True)
    yield Column("", "nll", "nats", "nats", seeds=True, interval=True, detail=True)
    yield Column("", "ece", *share, detail=True)
    yield Column("", "macs_published", "count", "giga", 10**9, detail=True)


def _row1(pair: Pair, columns: Sequence[Column], results: Results) -> Row:
    ours = [[_ours1(column.key, pair, model, results) for column in columns] for model in pair.models]
    papers = [[_published(column.key, model) for column in columns] for model in pair.models]
    absent: list[Any] = [None] * len(columns)
    if pair.connected is None:
        return Row(pair.row, [*ours[0], *absent, *absent], [*papers[0], *absent, *absent])
    deltas = [
        _delta1(column.key, pair, baseline, connected, results)
        for column, baseline, connected in zip(columns, *ours, strict=True)
    ]
    of_paper = [_minus(second, first) for first, second in zip(*papers, strict=True)]
    return Row(pair.row, [*ours[0], *ours[1], *deltas], [*papers[0], *papers[1], *of_paper])


def _minus(second: float | None, first: float | None) -> float | None:
    return None if first is None or second is None else second - first


def _published(key: str, model: Classifier) -> float | None:
    names = {
        "top1": "published_top1_percent",
        "top5": "published_top5_percent",
        "params": "published_params_mega",
        "macs": "published_macs_giga",
        "macs_published": "published_macs_giga",
    }
    return getattr(model, names[key]) if key in names else None


def _over_seeds(
    found: Sequence[Any], value: Callable[[Any], float | None], known: Estimate | None
) -> Number | None:
    numbers = [number for each in found if (number := value(each)) is not None]
    if not numbers:
        return None
    return Number(
        mean(numbers),
        stdev(numbers) if len(numbers) > 1 else None,
        tuple(each.seed for each in found if each.seed is not None),
        known.interval if known else None,
    )


def _ours1(key: str, pair: Pair, model: Classifier, results: Results) -> Number | None:
    statistics = results.statistics
    if key in ("params", "macs", "macs_published"):
        costs = results.costs.models.get(model.id) if results.costs else None
        return Number(_count(key, costs)) if isinstance(costs, ModelCosts) else None
    if key.startswith("throughput"):
        timing = results.speeds.get(key.partition("_")[2], {}).get(pair.id)
        speed = timing.measurements[0].models.get(model.id) if timing else None
        return Number(speed.images_per_second, interval=speed.interval) if speed else None
    test = _test_of(key)
    if test:
        of_set = statistics.tests.get(test) if statistics else None
        known = of_set.models.get(model.id) if of_set else None
        shown = results.shown(results.found.tested.get(test, {}), model.id)
    else:
        known = statistics.models.get(model.id) if statistics else None
        shown = results.shown(results.found.metrics, model.id)
    field = {"nll": "nll", "ece": "ece_percent", "top5": "top5_percent"}.get(key, "top1_percent")
    if key == "top5" and shown and max(metrics.of_classes for metrics in shown) <= GUESSES:
        return None  # all that a network can guess
    estimate = getattr(known, "top1" if test else key, None)
    return _over_seeds(shown, lambda metrics: getattr(metrics, field), estimate)


def _test_of(key: str) -> str:
    return (
        REAL if key == "real_top1" else key.removeprefix("test_top1_") if key.startswith("test_top1_") else ""
    )


def _count(key: str, costs: ModelCosts) -> int:
    if key == "params":
        return costs.parameters.total
    return costs.macs["fvcore" if key == "macs" else "published"].total


def _delta1(
    key: str, pair: Pair, baseline: Number | None, connected: Number | None, results: Results
) -> Number | None:
    if baseline is None or connected is None:
        return None
    if key.startswith("throughput"):
        measured = results.speeds[key.partition("_")[2]][pair.id].measurements[0]
        if measured.overhead_percent is None:
            return None
        return Number(measured.overhead_percent, interval=measured.overhead_interval)
    plain = connected.value - baseline.value
    test, statistics = _test_of(key), results.statistics
    pairs: Mapping[str, Any] = {}
    if statistics is not None:
        pairs = statistics.pairs
        if test:
            pairs = statistics.tests[test].pairs if test in statistics.tests else {}
    return _judged(plain, "top1" if test else key, pairs.get(pair.id), key == "top1" or bool(test))


def _judged(plain: float, key: str, compared: Any, tested: bool) -> Number:
    known = getattr(compared, key, None)
    if known is None:
        return Number(plain)
    if not tested:
        return Number(plain, interval=known.interval)
    return Number(plain, interval=known.interval, verdict=compared.verdict, p_adjusted=compared.p_adjusted)


def table2(detectors: Sequence[Detector], results: Results) -> Table:
    """Detectors, and their differences to the row's baseline."""
    keys = ("ap", "ap50", "ap75", "ap_small", "ap_medium", "ap_large")
    values = [Column("value", key, "percent", "percent", 1, True, True, key == "ap") for key in keys]
    by_id = {row.id: row for row in detectors}
    rows = []
    for row in detectors:
        ours = [_ours2(key, row.id, results) for key in keys]
        paper = [getattr(row, f"published_{key}") for key in keys]
        base = by_id.get(row.baseline or "")
        deltas: list[Number | None] = [None] * len(keys)
        of_paper: list[float | None] = [None] * len(keys)
        if base is not None:
            before = [_ours2(key, base.id, results) for key in keys]
            deltas = [_delta2(*item, row, results) for item in zip(keys, before, ours, strict=True)]
            published = (getattr(base, f"published_{key}") for key in keys)
            of_paper = [_minus(second, first) for first, second in zip(published, paper, strict=True)]
        rows.append(Row(row.row, [*ours, *deltas], [*paper, *of_paper]))
    return Table("table2", "paper_coco_val2017", [*values, *map(_difference, values)], rows)


def _ours2(key: str, detector: str, results: Results) -> Number | None:
    shown = results.shown(results.found.detected, detector)
    known: Any = None
    if len(shown) == 1:
        known = shown[0].intervals.get(key)
    elif results.statistics is not None:
        of_it = results.statistics.average_precision.get(detector)
        known = of_it.numbers.get(key) if isinstance(of_it, ApStatistics) else None
    estimate = Estimate(value=known.value, low=known.low, high=known.high) if known else None
    return _over_seeds(shown, lambda metrics: getattr(metrics.numbers, key), estimate)


def _delta2(
    key: str, before: Number | None, after: Number | None, row: Detector, results: Results
) -> Number | None:
    if before is None or after is None:
        return None
    compared: ApComparison | NotCompared | None = None
    if results.statistics is not None:
        compared = results.statistics.detectors.get(row.id)
    plain = after.value - before.value
    if not isinstance(compared, ApComparison) or key not in compared.numbers:
        return Number(plain)
    return _judged(plain, key, _Numbers(compared), key == "ap")


class _Numbers:
    """A comparison whose numbers are found as its attributes."""

    def __init__(self, compared: ApComparison) -> None:
        self.verdict, self.p_adjusted = compared.verdict, compared.p_adjusted
        self.__dict__.update(compared.numbers)
