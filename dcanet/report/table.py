"""The table that every renderer shows: column groups, sections of rows, cells with ours and the paper's."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import compress

from ..comparison_documents import Verdict
from ..statistics.verdict import SIGNS
from .metrics import TEST_TITLES, Metric, Spread


@dataclass(frozen=True)
class Judgement:
    """Whether a difference is more than noise."""

    verdict: Verdict
    p_adjusted: float
    detectable: float | None = None
    """Least difference that would have been found with 80 % power, where it is known."""

    @property
    def text(self) -> str:
        """Sign and word."""
        return f"{SIGNS[self.verdict]} {self.verdict}"


@dataclass(frozen=True)
class Value:
    """A number, unrounded and in its metric's base unit, with what is known of its uncertainty."""

    number: float
    sd: float | None = None
    seeds: tuple[int, ...] = ()
    interval: tuple[float, float] | None = None
    best: bool = False
    judgement: Judgement | None = None


@dataclass(frozen=True)
class Missing:
    """Why there is no number, in words; the detail says where to look."""

    reason: str
    detail: str = ""

    def __str__(self) -> str:
        return f"{self.reason}: {self.detail}" if self.detail else self.reason


Content = Value | Missing


@dataclass(frozen=True)
class Cell:
    """Our number beside the published one."""

    ours: Content
    paper: Content
    jobs: tuple[str, ...] = ()
    """Keys of the jobs that our number comes from."""

    @property
    def applies(self) -> bool:
        """Whether the column means anything in this row; if not, both sides give the same reason."""
        return isinstance(self.ours, Value) or self.ours != self.paper


@dataclass(frozen=True)
class Column:
    """A metric, or the difference of it.

    A throughput column also has the device it was timed on, one of an extra test set that set's name.
    """

    metric: Metric
    measured_on: str
    delta: bool = False
    device: str = ""
    test: str = ""
    detail: bool = False
    """Whether it stands below the table rather than in it."""

    @property
    def key(self) -> str:
        return "_".join(filter(None, (self.metric.key, self.device, self.test)))

    @property
    def qualifier(self) -> str:
        """What tells it from other columns of the same metric, in words."""
        return self.device or TEST_TITLES.get(self.test, self.test) or self.metric.convention

    @property
    def title(self) -> str:
        return " ".join(filter(None, (self.metric.label, self.qualifier)))

    @property
    def unit(self) -> str:
        return (self.delta and self.metric.delta_unit) or self.metric.unit

    @property
    def spread(self) -> tuple[Spread, ...]:
        """A difference has no spread over seeds of its own."""
        return tuple(kind for kind in self.metric.spread if not (self.delta and kind == "seeds"))

    @property
    def tested(self) -> bool:
        """Whether it is a difference that is tested for being more than noise."""
        return self.delta and self.metric.tested


@dataclass(frozen=True)
class Group:
    """Neighbouring columns under one heading."""

    key: str
    label: str
    columns: tuple[Column, ...]


@dataclass(frozen=True)
class Row:
    """A named row, one cell for each column of all groups."""

    name: str
    cells: tuple[Cell, ...]
    remarks: tuple[str, ...] = ()
    key: str = ""
    """Of the pair or detector, in the names of its files and of its page."""
    facets: tuple[tuple[str, str], ...] = ()
    """What the row can be picked by: names and values, the same names in every row of a table."""


@dataclass(frozen=True)
class Section:
    """Rows that share a backbone or a detector."""

    name: str
    rows: tuple[Row, ...]


@dataclass(frozen=True)
class Table:
    """A whole table with its notes."""

    key: str
    title: str
    section_label: str
    ours_on: str
    paper_on: str
    groups: tuple[Group, ...]
    sections: tuple[Section, ...]
    notes: tuple[str, ...]

    @property
    def columns(self) -> list[tuple[Group, Column]]:
        return [(group, column) for group in self.groups for column in group.columns]

    @property
    def rows(self) -> list[tuple[Section, Row]]:
        return [(section, row) for section in self.sections for row in section.rows]

    @property
    def facets(self) -> dict[str, list[str]]:
        """Every name that rows can be picked by, with its values in the order of the rows."""
        found: dict[str, dict[str, None]] = {}
        for _, row in self.rows:
            for name, value in row.facets:
                found.setdefault(name, {})[value] = None
        return {name: list(values) for name, values in found.items()}

    @property
    def remarks(self) -> list[str]:
        """Each remark once, in the order of the rows."""
        return list(dict.fromkeys(remark for _, row in self.rows for remark in row.remarks))

    @property
    def absent(self) -> list[Missing]:
        """What stands in the place of numbers where the column means something, in the order of the cells."""
        cells = (cell for _, row in self.rows for cell in row.cells if cell.applies)
        contents = (content for cell in cells for content in (cell.ours, cell.paper))
        return [content for content in contents if isinstance(content, Missing)]

    @property
    def tested(self) -> bool:
        """Whether any difference of ours has been."""
        contents = (cell.ours for _, row in self.rows for cell in row.cells)
        return any(isinstance(content, Value) and content.judgement is not None for content in contents)

    @property
    def legend(self) -> str:
        """What bold type and the signs mean."""
        bold = "Bold is the better number before rounding, ours among ours and paper among paper"
        if not self.tested:
            return f"{bold}; it is no test of significance."
        signs = ", ".join(f"{sign} {word}" for word, sign in SIGNS.items())
        return f"{bold}, be it noise or not. Our tested differences say what they are: {signs}."

    def only(self, detail: bool) -> "Table":
        """The table with its main columns alone, or with those of its details."""
        groups = tuple(
            replace(group, columns=tuple(column for column in group.columns if column.detail is detail))
            for group in self.groups
        )
        wanted = [column.detail is detail for _, column in self.columns]
        sections = tuple(
            replace(
                section,
                rows=tuple(replace(row, cells=tuple(compress(row.cells, wanted))) for row in section.rows),
            )
            for section in self.sections
        )
        return replace(self, groups=groups, sections=sections)

    def under(self, group: str, metric: str) -> Iterator[tuple[Row, Cell]]:
        """Rows and their cells in the (first) column of a metric."""
        index = next(
            i for i, (g, column) in enumerate(self.columns) if (g.key, column.metric.key) == (group, metric)
        )
        return ((row, row.cells[index]) for _, row in self.rows)


def spans(table: Table, row: Row) -> list[tuple[Group, Column, Cell, int]]:
    """The row's cells and how many columns each takes: neighbours that do not apply are one cell."""
    merged: list[tuple[Group, Column, Cell, int]] = []
    for (group, column), cell in zip(table.columns, row.cells, strict=True):
        if merged and not cell.applies and cell == merged[-1][2]:
            merged[-1] = (*merged[-1][:3], merged[-1][3] + 1)
        else:
            merged.append((group, column, cell, 1))
    return merged


def difference(value: Content, baseline: Content) -> Content:
    """Value minus baseline, unrounded; missing with the reason of the first side that is missing."""
    if isinstance(baseline, Missing):
        return baseline
    if isinstance(value, Missing):
        return value
    return Value(value.number - baseline.number)


def mark_best(contents: Sequence[Content], metric: Metric) -> list[Content]:
    """The same contents with the best numbers marked; nothing is marked where there is no difference."""
    numbers = {content.number for content in contents if isinstance(content, Value)}
    if len(numbers) < 2:
        return list(contents)
    best = max(numbers) if metric.direction == "higher" else min(numbers)
    return [
        replace(content, best=content.number == best) if isinstance(content, Value) else content
        for content in contents
    ]
