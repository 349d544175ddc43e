"""Table 2: the detectors, each beside the one that it is built on."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby

from ..comparison_documents import ApComparison, ApStatistics, NotCompared, TableStatistics
from ..models.forms import is_model, triple_of
from ..sheets import Detector
from .detection import PUBLISHED, jobs_of, our_difference, ours, published
from .detection_notes import detection_notes
from .metrics import METRICS
from .reading import NOT_RUN
from .stored_detection import StoredDetection
from .table import Cell, Column, Content, Group, Missing, Row, Section, Table, difference, mark_best
from .wording import parts_of_model

Known = Mapping[str, ApStatistics | NotCompared]
Compared = Mapping[str, ApComparison | NotCompared]
FIRST = Missing("no baseline", "the other rows of this detector are built on it")


def table2(
    detectors: Sequence[Detector],
    stored: StoredDetection,
    data_note: str,
    statistics: TableStatistics | Missing = NOT_RUN,
) -> Table:
    """One row per detector in the sheet's order; `data_note` says what ours are measured on."""
    known = {} if isinstance(statistics, Missing) else statistics.average_precision
    compared = {} if isinstance(statistics, Missing) else statistics.detectors
    ours_on = (
        data_note if any(stored.evaluated(row.id) for row in detectors) else f"{data_note} (not run yet)"
    )
    columns = tuple(Column(METRICS[key], ours_on) for key in PUBLISHED)
    deltas = tuple(Column(column.metric, column.measured_on, delta=True) for column in columns)
    return Table(
        key="table2",
        title="Table 2. Object detection with these classifiers as backbones",
        section_label="Detector",
        ours_on=ours_on,
        paper_on="COCO val2017",
        groups=(
            Group("value", "Average precision", columns),
            Group("delta", "Δ to the row's baseline", deltas),
        ),
        sections=tuple(
            Section(name, _rows(list(members), columns, stored, known, compared))
            for name, members in groupby(detectors, lambda detector: detector.detector)
        ),
        notes=tuple(detection_notes(detectors, stored, statistics)),
    )


def _rows(
    members: Sequence[Detector],
    columns: Sequence[Column],
    stored: StoredDetection,
    known: Known,
    compared: Compared,
) -> tuple[Row, ...]:
    by_id = {member.id: member for member in members}
    cells: dict[str, list[Cell]] = {member.id: [] for member in members}
    for column in columns:
        found = [ours(column, member.id, stored, known.get(member.id)) for member in members]
        mine = mark_best(found, column.metric)
        papers = mark_best([published(column, member) for member in members], column.metric)
        for member, our, paper in zip(members, mine, papers, strict=True):
            tested = len(stored.evaluated(member.id)) > 1 and isinstance(known.get(member.id), ApStatistics)
            cells[member.id].append(Cell(our, paper, jobs_of([member.id], stored, tested)))
    rows = []
    for member in members:
        baseline = by_id.get(member.baseline or "")
        deltas = _deltas(member, baseline, columns, stored, compared)
        rows.append(
            Row(
                member.row,
                (*cells[member.id], *deltas),
                _remarks(member, stored),
                member.id,
                _facets(member),
            )
        )
    return tuple(rows)


def _facets(member: Detector) -> tuple[tuple[str, str], ...]:
    """A backbone that is no model is called by its id."""
    name = member.backbone_model
    backbone, attention, _ = triple_of(name) if is_model(name) else (name, "unknown", False)
    return ("Detector", member.detector), *parts_of_model(backbone, attention)


def _deltas(
    member: Detector,
    baseline: Detector | None,
    columns: Sequence[Column],
    stored: StoredDetection,
    compared: Compared,
) -> Iterator[Cell]:
    for column in columns:
        if baseline is None:
            yield Cell(FIRST, FIRST)
            continue
        paper: Content = difference(published(column, member), published(column, baseline))
        ours_of_pair = our_difference(column, member.id, baseline.id, stored, compared.get(member.id))
        jobs = jobs_of([baseline.id, member.id], stored, isinstance(compared.get(member.id), ApComparison))
        yield Cell(ours_of_pair, paper, jobs)


def _remarks(member: Detector, stored: StoredDetection) -> tuple[str, ...]:
    """Weights of others and images that were left out."""
    parts = []
    for metrics in stored.evaluated(member.id):
        if metrics.weights_source != "trained":
            parts.append(f"weights not trained here: {metrics.weights_source}")
        if metrics.bad_images_skipped:
            parts.append(f"{metrics.bad_images_skipped:,} broken images left out")
    return (f"{member.id}: {'; '.join(dict.fromkeys(parts))}.",) if parts else ()
