"""Table 1: the classifiers, baseline and connected side by side, as the paper lays them out."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from itertools import groupby

from ..documents import Metrics, RealMetrics
from ..profile_documents import ModelCosts, Throughput
from ..profiling.setting import in_words
from ..sheets import Pair
from ..titles import backbone_title
from .classification import ACCURACIES, CALIBRATION, jobs_of, our_difference, ours, published
from .metrics import METRICS
from .own_metrics import metrics_of, own_metric
from .remarks import remarks
from .stored import NOT_RUN, REAL, Stored, evaluated
from .table import Cell, Column, Group, Missing, Row, Section, Table, difference, mark_best
from .wording import level, parts_of_model

NO_CONNECTION = Missing("no DCA side", "a plain network has no attention blocks to connect")


def table1(pairs: Sequence[Pair], stored: Stored, data_note: str) -> Table:
    """One row per pair in the sheet's order, grouped by backbone."""
    columns = _columns(stored, data_note)
    deltas = tuple(_delta(column) for column in columns)
    return Table(
        key="table1",
        title="Table 1. Image classification with and without connected attention",
        section_label="Backbone",
        ours_on=data_note,
        paper_on="ImageNet",
        groups=(
            Group("baseline", "Baseline", columns),
            Group("dca", "DCANet", columns),
            Group("delta", "Δ DCANet − baseline", deltas),
        ),
        sections=tuple(
            Section(_backbone_name(members), tuple(_row(pair, columns, stored) for pair in members))
            for members in (list(group) for _, group in groupby(pairs, lambda pair: pair.baseline.backbone))
        ),
        notes=tuple(_notes(stored)),
    )


def _backbone_name(members: Sequence[Pair]) -> str:
    plain = [pair.row for pair in members if pair.baseline.attention == "none"]
    backbone = members[0].baseline.backbone
    return plain[0] if plain else backbone_title(backbone)


def _columns(stored: Stored, data_note: str) -> tuple[Column, ...]:
    counted = _counted(stored)
    of_classes = _settings(f"{costs.classes:,} classes" for costs in counted)
    of_images = _settings(
        f"{costs.height} × {costs.width} px, {costs.classes:,} classes" for costs in counted
    )
    return (
        *(Column(METRICS[key], data_note) for key in ACCURACIES),
        *(_test_column(test, stored) for test in stored.test_sets),
        *(Column(own_metric(name, found), data_note) for name, found in metrics_of(stored).items()),
        Column(METRICS["params"], of_classes),
        Column(METRICS["macs"], of_images),
        *(
            Column(METRICS["throughput"], _timing(speeds.values()), device=device)
            for device, speeds in stored.speeds.items()
        ),
        *(Column(METRICS[key], data_note, detail=True) for key in CALIBRATION),
        Column(METRICS["macs_published"], of_images, detail=True),
    )


def _counted(stored: Stored) -> list[ModelCosts]:
    """The costs of the table's networks, as far as they are known."""
    costs = (stored.cost_of(model) for model in stored.runs)
    return [found for found in costs if isinstance(found, ModelCosts)]


def _delta(column: Column) -> Column:
    """The column of differences; speeds are compared by the overhead in time."""
    metric = METRICS["overhead"] if column.metric.key == "throughput" else column.metric
    return replace(column, metric=metric, delta=True)


def _test_column(test: str, stored: Stored) -> Column:
    results = [run.tests[test].metrics for runs in stored.runs.values() for run in runs]
    if test == REAL:
        scored = (result for result in results if isinstance(result, RealMetrics))
        measured_on = _settings(
            f"{result.images:,} images, without {result.unlabelled_images:,} that have no label"
            for result in scored
        )
        return Column(METRICS["real_top1"], measured_on)
    evaluated_on = _settings(
        ", ".join(filter(None, (result.dataset, f"{result.images:,} images", result.scope)))
        for result in results
        if isinstance(result, Metrics)
    )
    return Column(METRICS["test_top1"], evaluated_on, test=test)


def _timing(speeds: Iterable[Throughput | Missing]) -> str:
    return _settings(
        f"{speed.device_name}, threads {speed.threads}, {speed.height} × {speed.width} px, "
        f"{in_words(speed.measurements[0].setting)}"
        for speed in speeds
        if isinstance(speed, Throughput)
    )


def _settings(found: Iterable[str]) -> str:
    return "; ".join(sorted(set(found))) or str(NOT_RUN)


def _row(pair: Pair, columns: Sequence[Column], stored: Stored) -> Row:
    facets = parts_of_model(pair.baseline.backbone, pair.baseline.attention)
    return Row(pair.row, _cells(pair, columns, stored), remarks(pair, stored), pair.id, facets)


def _cells(pair: Pair, columns: Sequence[Column], stored: Stored) -> tuple[Cell, ...]:
    if pair.connected is None:
        made = [jobs_of(column, pair, [pair.baseline], stored) for column in columns]
        alone = [
            Cell(ours(column, pair, pair.baseline, stored), published(column, pair.baseline), jobs)
            for column, jobs in zip(columns, made, strict=True)
        ]
        return (*alone, *[Cell(NO_CONNECTION, NO_CONNECTION)] * (2 * len(columns)))
    sides: tuple[list[Cell], list[Cell]] = ([], [])
    deltas = []
    for column in columns:
        mine = mark_best([ours(column, pair, model, stored) for model in pair.models], column.metric)
        papers = mark_best([published(column, model) for model in pair.models], column.metric)
        for side, model, our, paper in zip(sides, pair.models, mine, papers, strict=True):
            side.append(Cell(our, paper, jobs_of(column, pair, [model], stored)))
        deltas.append(
            Cell(
                our_difference(column, pair, mine[0], mine[1], stored),
                difference(papers[1], papers[0]),
                jobs_of(column, pair, pair.models, stored),
            )
        )
    return (*sides[0], *sides[1], *deltas)


def _notes(stored: Stored) -> Iterable[str]:
    yield from _seed_notes(stored)
    yield from _interval_notes(stored)
    yield from _scope_notes(stored)
    yield (
        "In the paper's source the headings “Param(G)” and “FLOPs” are swapped; here each published number "
        "stands under the heading that it belongs to."
    )
    yield (
        "Published MACs come from the authors' own counter, which also counts normalisation, activation and "
        "pooling; ours are fvcore's, so compare ours with ours and paper with paper. The details have ours "
        "by the authors' counter, and the audit below compares every published cost with it."
    )
    skipped = {operation for costs in _counted(stored) for operation in costs.macs["fvcore"].uncounted_ops}
    if skipped:
        yield f"Our MACs leave out what fvcore has no rule for: {', '.join(sorted(skipped))}."
    yield "The paper reports no throughput, so that column has our measurements only."
    yield "A plain network has no attention blocks, so there is nothing in it to connect."


def _interval_notes(stored: Stored) -> Iterable[str]:
    if isinstance(stored.statistics, Missing):
        yield (
            "No difference was tested and no accuracy has an interval: statistics.json is "
            f"{stored.statistics}."
        )
        return
    yield (
        f"In brackets {level(stored.statistics)} intervals over images: of a difference, both networks on "
        "the same images. Its verdict is on top-1, after the adjustment for many pairs, for which an "
        "interval without 0 is not enough. “Is it more than noise?” has the p-values and what could have "
        "been detected."
    )
    compared = [test for test in stored.test_sets if test in stored.statistics.tests]
    if compared:
        yield (
            "On each extra test set the pairs are judged for themselves, with an adjustment over that set's "
            "pairs alone: the more sets, the likelier that one of them has a verdict by chance."
        )
    if missing := [test for test in stored.test_sets if test not in compared]:
        yield (
            f"Without intervals, since statistics.json has nothing of them: {', '.join(missing)}; "
            "run `dcanet statistics` again."
        )


def _scope_notes(stored: Stored) -> Iterable[str]:
    scopes = {model: found[0].scope for model, runs in stored.runs.items() if (found := evaluated(runs))}
    for scope in sorted(set(scopes.values()) - {""}):
        of_scope = [model for model, its in scopes.items() if its == scope]
        yield f"The images are of {scope}: {_whose(of_scope, scopes)}."


def _whose(models: Sequence[str], of: Collection[str]) -> str:
    return "every model of ours" if len(models) == len(of) else ", ".join(models)


def _seed_notes(stored: Stored) -> Iterable[str]:
    seeds = {
        model: tuple(metrics.seed for metrics in found if metrics.seed is not None)
        for model, runs in stored.runs.items()
        if (found := evaluated(runs))
    }
    for used in sorted(set(seeds.values())):
        models = [model for model, of_model in seeds.items() if of_model == used]
        whose = _whose(models, seeds)
        if not used:
            yield f"Not trained here, so without a seed: {whose}."
        elif len(used) == 1:
            yield f"Single run, seed {used[0]}, so nothing is known of the spread: {whose}."
        else:
            yield f"Mean ± sample standard deviation over seeds {', '.join(map(str, used))}: {whose}."
