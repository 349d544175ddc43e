"""tables.md, the LaTeX tables and index.html: the tables in them, and the hashes that the page tells."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any

from .csv_table import PRINTED, number_in
from .files import Files
from .shown import check_shown, expected_of
from .tables import Number, Row, Table

Cells = list[tuple[str, str]]
"""Ours and the paper's, as they are written, of each column that is shown."""


def check_markdown(files: Files, path: str, table: Table) -> None:
    """The table with its heading's number in tables.md."""
    lines = _lines(files, path)
    starts = [place for place, line in enumerate(lines) if line.startswith(f"## Table {table.key[-1]}.")]
    if not starts:
        files.findings.problem(files.at(path), table.key, "its heading", "none")
        return
    body: list[str] = []
    for line in lines[starts[0] + 1 :]:
        if line.startswith("## "):
            break
        body += [line] if line.startswith("| ") else []
    rows = [re.split(r"(?<!\\) \| ", line.removeprefix("| ").removesuffix(" |"))[2:] for line in body[2:]]
    cells = [[_halves(cell) for cell in row] for row in rows]
    _check_rows(files, path, table, cells)


def _halves(cell: str) -> tuple[str, str]:
    ours, _, paper = cell.partition("<br>")
    return ours.removeprefix("ours "), paper.strip("_").removeprefix("paper ")


def check_latex(files: Files, path: str, table: Table) -> None:
    """Rows begin with \\addlinespace: ours, then their uncertainty if it is known, then the paper's."""
    text = "\n".join(_lines(files, path)).partition(r"\bottomrule")[0]
    rows = []
    for block in text.split("\\addlinespace\n")[1:]:
        lines = [line.removesuffix(r" \\") for line in block.split("\n") if line.endswith(r" \\")]
        if lines and lines[-1].startswith(r"\multicolumn") and r"}{l}{\textbf" in lines[-1]:
            lines.pop()  # the next section's heading
        parts = [list(_latex_cells(line)) for line in lines]
        if not parts or any(len(part) != len(parts[0]) for part in parts):
            files.findings.problem(files.at(path), table.key, "two or three lines of as many cells", "others")
            return
        above, below = parts[0], parts[-1]
        between = parts[1] if len(parts) == 3 else [""] * len(above)
        rows.append([(f"{one} {two}", three) for one, two, three in zip(above, between, below, strict=True)])
    _check_rows(files, path, table, rows)


def _latex_cells(line: str) -> Iterator[str]:
    """Without the row's name; what spans several columns is as many."""
    for cell in re.split(r"(?<!\\) & ", line)[1:]:
        spanned = re.match(r"\\multicolumn\{(\d+)\}\{l\}", cell)
        plain = re.sub(r"\$\^\{\d+\}\$|\\[a-z]+(?![a-z])", " ", cell.replace("$-$", "-"))
        yield from ["no number"] * min(int(spanned[1]), 1000) if spanned else [plain]


def check_page(files: Files, path: str, tables: list[Table]) -> dict[str, str]:
    """Tables of index.html, in full precision too; SHA-256 of the files that it tells of, by their paths."""
    parser = _Page()
    parser.feed("\n".join(_lines(files, path)))
    for table in tables:
        for detail in (False, True):
            found = parser.tables.get(f"{table.key}-details" if detail else table.key)
            if found is None:
                if any(column.detail is detail for column in table.columns):
                    files.findings.problem(files.at(path), table.key, "its table", "none")
                continue
            _check_rows(files, path, table, [[cell.texts for cell in row] for row in found], detail)
            _check_exact(files, path, table, found, detail)
    told: dict[str, str] = {}
    for text in parser.data:
        try:
            ledger = json.loads(text)
            told.update((name, digest) for job in ledger["jobs"] for name, digest in job["files"])
        except (ValueError, KeyError, TypeError, RecursionError):
            continue
    return told


def _lines(files: Files, path: str) -> list[str]:
    if files.sha256(path) is None:
        return []
    try:
        return (files.root / path).read_bytes().decode("utf-8").split("\n")
    except UnicodeDecodeError as error:
        files.findings.problem(files.at(path), "", "text in UTF-8", error)
        return []


def _shown(
    table: Table, row: Row, detail: bool
) -> Iterator[tuple[str, Number | None, float | None, list[float]]]:
    """Name of the cell, ours, the paper's, and our numbers that stand in it, of the columns shown."""
    for column, ours, paper in zip(table.columns, row.ours, row.paper, strict=True):
        if column.detail is detail:
            yield f"{row.name}, {column.group} {column.key}", ours, paper, expected_of(ours, column)


def _check_rows(files: Files, path: str, table: Table, rows: list[Cells], detail: bool = False) -> None:
    name = files.at(path)
    if not files.findings.same(name, f"{table.key}, rows", len(table.rows), len(rows)):
        return
    for row, cells in zip(table.rows, rows, strict=True):
        expected = list(_shown(table, row, detail))
        if not files.findings.same(name, f"{table.key}, {row.name}, cells", len(expected), len(cells)):
            continue
        for (cell, ours, paper, numbers), (text, of_paper) in zip(expected, cells, strict=True):
            if ours is not None:
                check_shown(files.findings, name, cell, numbers, text)
                if ours.verdict and not path.endswith(".tex"):
                    files.findings.same(
                        name, f"{cell}, verdict", True, ours.verdict in text.replace("\u00ad", "")
                    )
            if paper is not None:
                check_shown(files.findings, name, f"{cell}, paper", [paper], of_paper)


def _check_exact(files: Files, path: str, table: Table, rows: list[Any], detail: bool) -> None:
    """The numbers that the page's scripts sort and copy by."""
    for row, cells in zip(table.rows, rows, strict=False):
        columns = [column for column in table.columns if column.detail is detail]
        for (name, ours, paper, _), column, cell in zip(
            _shown(table, row, detail), columns, cells, strict=False
        ):
            value = ours.value if ours else None
            of_paper = None if paper is None else paper * column.scale
            for side, expected, text in (("ours", value, cell.ours), ("paper", of_paper, cell.paper)):
                number = number_in(text) if text is not None else None
                files.findings.close(files.at(path), f"{name}, data-{side}", expected, number, PRINTED)


@dataclass
class _Cell:
    ours: str | None = None
    paper: str | None = None
    texts: tuple[str, str] = ("", "")


@dataclass
class _Page(HTMLParser):
    """Cells of the tables by their ids, and what is inside JSON scripts."""

    tables: dict[str, list[list[_Cell]]] = field(default_factory=dict)
    data: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__()
        self._rows: list[list[_Cell]] | None = None
        self._cell: _Cell | None = None
        self._side = ""
        self._script = False
        self._span = 1
        self._quiet = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        classes = (given.get("class") or "").split()
        if tag == "table" and "results" in classes:
            self._rows = self.tables.setdefault(given.get("id") or "", [])
        elif tag == "script":
            self._script = given.get("type") == "application/json"
        elif self._rows is None:
            return
        elif tag == "th" and given.get("scope") == "row":
            self._rows.append([])
        elif tag == "td" and self._rows:
            span = given.get("colspan") or "1"
            self._span = int(span) if span.isascii() and span.isdecimal() and len(span) < 4 else 1
            self._cell = _Cell(given.get("data-ours"), given.get("data-paper"))
        elif tag == "div" and self._cell and {"ours", "paper"} & set(classes):
            self._side = classes[0]
        elif tag in ("sup", "button"):
            self._quiet += 1

    def handle_endtag(self, tag: str) -> None:
        if tag == "table":
            self._rows = None
        elif tag == "script":
            self._script = False
        elif tag == "td" and self._cell and self._rows:
            self._rows[-1] += [self._cell] * self._span
            self._cell, self._side = None, ""
        elif tag in ("sup", "button") and self._quiet:
            self._quiet -= 1

    def handle_data(self, data: str) -> None:
        if self._script:
            self.data.append(data)
        elif self._cell and self._side and not self._quiet:
            ours, paper = self._cell.texts
            self._cell.texts = (ours + data, paper) if self._side == "ours" else (ours, paper + data)
