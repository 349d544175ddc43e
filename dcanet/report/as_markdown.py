"""A table as GitHub Markdown: every number says in its own cell whose it is."""

import re
from collections.abc import Iterable

from .formatting import ARROWS, shown
from .table import Cell, Column, Content, Missing, Table


def as_markdown(table: Table) -> str:
    """Heading, legend, main columns and notes."""
    table = table.only(detail=False)
    header = [table.section_label, "Network"]
    for group, column in table.columns:
        arrow = ARROWS[column.metric.direction]
        header.append(f"{group.label}: {column.title} {arrow} ({column.unit})")
    lines = [
        f"## {escape(table.title)}",
        "",
        f"“ours” is measured on {escape(table.ours_on)}, “paper” is what the paper prints for "
        f"{escape(table.paper_on)}. {escape(table.legend)}",
        "",
        line(map(escape, header)),
        line(["---", "---", *["---:"] * len(table.columns)]),
    ]
    for section, row in table.rows:
        cells = (_cell(cell, column) for (_, column), cell in zip(table.columns, row.cells, strict=True))
        marks = (f" ({table.remarks.index(remark) + 1})" for remark in row.remarks)
        lines.append(line([escape(section.name), escape(row.name) + "".join(marks), *cells]))
    numbered = [f"({number}) {remark}" for number, remark in enumerate(table.remarks, start=1)]
    return "\n".join([*lines, "", bullets([*numbered, *table.notes])])


def bullets(items: Iterable[str]) -> str:
    """A list, one line for each item."""
    return "".join(f"- {escape(item)}\n" for item in items)


def escape(text: str) -> str:
    """Text that Markdown shows as it stands, on a line of its own."""
    return re.sub(r"^(\d*)([-+.)])", r"\1\\\2", escape_inside(text))


def escape_inside(text: str) -> str:
    """Text that Markdown shows as it stands inside a line, where nothing starts a list."""
    text = " ".join(text.split())
    text = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    text = re.sub(r"([\\`*\[\]|~#!])", r"\\\1", text)
    # Emphasis begins and ends at a run of underscores, unless letters stand on both sides of it.
    return re.sub(r"(?<![^\W_])_+|_+(?![^\W_])", lambda run: r"\_" * len(run[0]), text)


def line(cells: Iterable[str]) -> str:
    """A line of a table; the cells are escaped already."""
    return f"| {' | '.join(cells)} |"


def _cell(cell: Cell, column: Column) -> str:
    if isinstance(cell.ours, Missing) and not cell.applies:
        return escape(cell.ours.reason)
    return f"ours {_content(cell.ours, column)}<br>{_published(cell.paper, column)}"


def _published(content: Content, column: Column) -> str:
    text = _content(content, column, published=True)
    return f"_{text}_" if isinstance(content, Missing) else f"_paper {text}_"


def _content(content: Content, column: Column, published: bool = False) -> str:
    if isinstance(content, Missing):
        return escape(str(content))
    text = shown(content, column, published)
    main = f"**{text.main}**" if content.best else text.main
    return " ".join(filter(None, (main, escape(text.uncertainty), text.verdict)))
