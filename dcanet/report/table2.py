"""Table 2: the detectors, each beside the one that it is built on."""

from collections.abc import Sequence
from itertools import groupby

from ..sheets import Detector
from .metrics import METRICS
from .stored import NOT_RUN
from .table import Cell, Column, Content, Group, Missing, Row, Section, Table, Value, difference, mark_best

PUBLISHED = {
    "ap": "published_ap",
    "ap50": "published_ap50",
    "ap75": "published_ap75",
    "ap_small": "published_ap_small",
    "ap_medium": "published_ap_medium",
    "ap_large": "published_ap_large",
}
OURS_ON = "COCO val2017 (not run yet)"
FIRST = Missing("no baseline", "the other rows of this detector are built on it")


def table2(detectors: Sequence[Detector]) -> Table:
    """One row per detector in the sheet's order; no detector of ours is evaluated yet."""
    columns = tuple(Column(METRICS[key], OURS_ON) for key in PUBLISHED)
    deltas = tuple(Column(column.metric, column.measured_on, delta=True) for column in columns)
    by_id = {detector.id: detector for detector in detectors}
    return Table(
        key="table2",
        title="Table 2. Object detection on COCO with these classifiers as backbones",
        section_label="Detector",
        ours_on=OURS_ON,
        paper_on="COCO val2017",
        groups=(
            Group("value", "Average precision", columns),
            Group("delta", "Δ to the row's baseline", deltas),
        ),
        sections=tuple(
            Section(name, _rows(list(members), by_id, columns))
            for name, members in groupby(detectors, lambda detector: detector.detector)
        ),
        notes=(
            "A row's baseline is the same detector on the backbone without the last addition: attention is "
            "compared with the plain network, the connection with unconnected attention.",
        ),
    )


def _rows(
    members: Sequence[Detector], by_id: dict[str, Detector], columns: Sequence[Column]
) -> tuple[Row, ...]:
    by_column = [
        mark_best([_published(column, member) for member in members], column.metric) for column in columns
    ]
    rows = []
    for member, *papers in zip(members, *by_column, strict=True):
        values = [Cell(NOT_RUN, paper) for paper in papers]
        baseline = by_id.get(member.baseline or "")
        deltas = [
            Cell(NOT_RUN, difference(paper, _published(column, baseline))) if baseline else Cell(FIRST, FIRST)
            for column, paper in zip(columns, papers, strict=True)
        ]
        rows.append(Row(member.row, (*values, *deltas)))
    return tuple(rows)


def _published(column: Column, detector: Detector) -> Content:
    return Value(getattr(detector, PUBLISHED[column.metric.key]))
