"""The report as one HTML file that asks nothing of the network."""

from collections.abc import Sequence
from dataclasses import dataclass

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape

from .chapter import Chapter
from .curves import SIZE, Curves
from .environment import Environment as MadeIn
from .environment import compare
from .formatting import ARROWS, shown
from .galleries import Gallery
from .progress import Progress
from .reproduction import Recipe
from .table import Cell, Column, Group, Missing, Row, Table


@dataclass(frozen=True)
class Page:
    """Everything that the report shows."""

    experiment: str
    answer: str
    progress: list[Progress]
    warnings: Sequence[str]
    tables: list[Table]
    environments: list[MadeIn]
    recipes: list[Recipe]
    curves: list[Curves]
    pictures: list[Gallery]
    notes: Sequence[str]
    chapters: Sequence[Chapter] = ()


def as_html(page: Page) -> str:
    """The whole page; whatever comes from files or sheets is escaped."""
    environment = Environment(
        loader=PackageLoader("dcanet.report"),
        autoescape=select_autoescape(["html"]),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals.update(
        shown=shown,
        arrows=ARROWS,
        spans=spans,
        explained=explained,
        footnotes=footnotes,
        compare=compare,
        size=SIZE,
    )
    environment.tests["missing"] = lambda content: isinstance(content, Missing)
    return environment.get_template("index.html").render(page=page)


def spans(table: Table, row: Row) -> list[tuple[Group, Column, Cell, int]]:
    """The row's cells and how many columns each takes: neighbours that do not apply are one cell."""
    merged: list[tuple[Group, Column, Cell, int]] = []
    for (group, column), cell in zip(table.columns, row.cells, strict=True):
        if merged and not cell.applies and cell == merged[-1][2]:
            merged[-1] = (*merged[-1][:3], merged[-1][3] + 1)
        else:
            merged.append((group, column, cell, 1))
    return merged


def explained(table: Table) -> list[Column]:
    """The first column of each metric, device and test set."""
    found: dict[str, Column] = {}
    for _, column in table.columns:
        found.setdefault(column.key, column)
    return list(found.values())


def footnotes(table: Table) -> list[str]:
    """Remarks on rows, then where to look for the missing numbers; each text once, in the table's order."""
    cells = (cell for _, row in table.rows for cell in row.cells if cell.applies)
    contents = (content for cell in cells for content in (cell.ours, cell.paper))
    whys = (str(content) for content in contents if isinstance(content, Missing) and content.detail)
    return list(dict.fromkeys([*table.remarks, *whys]))
