"""A row of a table as a table of its own: metrics down, ours and the paper's across."""

from collections.abc import Iterator
from dataclasses import dataclass

from .chapter import Heading, Listing
from .formatting import shown
from .table import Cell, Column, Content, Missing, Row, Table

#: Of the differences that stand out on a page.
HIGHLIGHTED = ("top1", "ap", "ap50", "params", "macs", "overhead")


@dataclass(frozen=True)
class Highlight:
    """A number with its unit, what it is, and what is to be said of it."""

    number: str
    unit: str
    what: str
    notes: tuple[str, ...]


def row_numbers(key: str, table: Table, row: Row) -> Listing:
    """Every metric of the row, those below the table too."""
    headings = [Heading("Metric", words=True)]
    for group in table.groups:
        headings += [Heading(f"{group.label}, ours"), Heading(f"{group.label}, paper")]
    width = len(table.groups[0].columns)
    cells = list(zip(table.columns, row.cells, strict=True))
    rows = []
    for place in range(width):
        of_metric = cells[place::width]
        (_, column), _ = of_metric[0]
        texts = [text for (_, column), cell in of_metric for text in _texts(column, cell)]
        rows.append((f"{column.title}, {column.unit}", *texts))
    caption = f"Ours on {table.ours_on}; the paper's on {table.paper_on}"
    return Listing(key, caption, tuple(headings), tuple(rows)).without_empty()


def highlights(table: Table, row: Row) -> Iterator[Highlight]:
    """Our differences that matter most, with the printed ones beside."""
    for (_, column), cell in zip(table.columns, row.cells, strict=True):
        if column.delta and column.metric.key in HIGHLIGHTED and not isinstance(cell.ours, Missing):
            text = shown(cell.ours, column)
            paper = _text(column, cell.paper, published=True)
            said = paper if isinstance(cell.paper, Missing) else f"paper {paper}"
            notes = tuple(filter(None, (text.uncertainty, text.verdict, said)))
            yield Highlight(text.main, column.unit, column.title, notes)


def _texts(column: Column, cell: Cell) -> tuple[str, str]:
    if not cell.applies:
        return "", ""
    return _text(column, cell.ours), _text(column, cell.paper, published=True)


def _text(column: Column, content: Content, published: bool = False) -> str:
    if isinstance(content, Missing):
        return content.reason
    text = shown(content, column, published)
    unit = column.unit if column.delta else ""
    return " ".join(filter(None, (text.main, text.uncertainty, unit, text.verdict)))
