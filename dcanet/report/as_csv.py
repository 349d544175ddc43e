"""A table as CSV: numbers unrounded in columns named after their source and unit, reasons in words."""

import csv
import io
import re
from collections.abc import Iterator

from .formatting import plain
from .table import Cell, Column, Content, Group, Table, Value

UNITS = {"%": "percent", "points": "points"}


def as_csv(table: Table) -> str:
    """One line per row; columns `ours_…` are in base units, `paper_…` in the units the paper prints."""
    paper = f"paper_{_slug(table.paper_on)}"
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    columns = table.columns
    names = [name for group, column in columns for name in _names(group, column, paper)]
    measured_on = ("ours_measured_on", f"{paper}_measured_on")
    writer.writerow([_slug(table.section_label), "row", *names, *measured_on, "ours_remarks"])
    for section, row in table.rows:
        fields = [
            field
            for (_, column), cell in zip(columns, row.cells, strict=True)
            for field in _fields(column, cell)
        ]
        texts = (table.ours_on, table.paper_on, " ".join(row.remarks))
        writer.writerow([cell_text(section.name), cell_text(row.name), *fields, *map(cell_text, texts)])
    return text.getvalue()


def _names(group: Group, column: Column, paper: str) -> Iterator[str]:
    stem = f"{group.key}_{_slug(column.key)}"
    ours = f"ours_{stem}_{UNITS.get(column.unit, column.metric.base)}"
    yield ours
    if "seeds" in column.spread:
        yield from (f"{ours}_sd", f"{ours}_seeds")
    if "interval" in column.spread:
        yield from (f"{ours}_low", f"{ours}_high")
    if column.tested:
        yield from (f"ours_{stem}_verdict", f"ours_{stem}_p_adjusted")
    yield f"{paper}_{stem}_{UNITS.get(column.unit, column.metric.scaled)}"


def _fields(column: Column, cell: Cell) -> Iterator[str]:
    yield _content(cell, cell.ours, 1)
    value = cell.ours if isinstance(cell.ours, Value) else None
    if "seeds" in column.spread:
        yield plain(value.sd) if value and value.sd is not None else ""
        yield " ".join(map(str, value.seeds)) if value else ""
    if "interval" in column.spread:
        yield from map(plain, value.interval) if value and value.interval else ("", "")
    if column.tested:
        judged = value.judgement if value else None
        yield from (judged.verdict, plain(judged.p_adjusted)) if judged else ("", "")
    yield _content(cell, cell.paper, column.metric.scale)


def _content(cell: Cell, content: Content, scale: int) -> str:
    if isinstance(content, Value):
        return plain(content.number if scale == 1 else content.number / scale)
    return cell_text(str(content) if cell.applies else content.reason)


def cell_text(text: str) -> str:
    """Text that no spreadsheet takes for a formula, not behind invisible characters either."""
    text = text.replace("\r", " ")  # which Python before 3.13 writes so that it ends the row
    return f"'{text}" if re.match(r"[\s\x00-\x1f\u200b\ufeff]*[=+\-@＝＋－＠]|[\t\n]", text) else text


def _slug(text: str) -> str:
    return re.sub(r"\W+", "_", text.lower()).strip("_")
