"""A table's CSV against what it should show, to the last printed digit."""

import csv
import io
import math
from collections.abc import Iterator

from .files import Files
from .tables import Column, Number, Table

#: Twelve digits are printed.
PRINTED = 2e-11


def check_csv(files: Files, path: str, table: Table) -> None:
    """Every number of ours and of the paper, and no number where there is none."""
    if files.sha256(path) is None:
        return
    findings, name = files.findings, files.at(path)
    try:
        lines = list(csv.reader(io.StringIO((files.root / path).read_bytes().decode("utf-8")), strict=True))
    except (UnicodeDecodeError, csv.Error) as error:
        findings.problem(name, "", "a CSV file", error)
        return
    head = lines[0] if lines else []
    expected_head = [field for column in table.columns for field, _ in _fields(table, column, None, None)]
    known = [column for column in head if column.startswith(("ours_", table.paper))]
    texts = ["ours_measured_on", f"{table.paper}_measured_on", "ours_remarks"]
    findings.same(name, "columns", [*expected_head, *texts], known)
    findings.same(name, "rows", len(table.rows), len(lines) - 1)
    for row, line in zip(table.rows, lines[1:], strict=False):
        shown = dict(zip(head, line, strict=False))
        findings.same(name, "row", True, shown.get("row") in (row.name, f"'{row.name}"))
        for place, column in enumerate(table.columns):
            for field, value in _fields(table, column, row.ours[place], row.paper[place]):
                _check_cell(files, name, f"{row.name}, {field}", value, shown.get(field))


def _fields(
    table: Table, column: Column, ours: Number | None, paper: float | None
) -> Iterator[tuple[str, float | str | None]]:
    """Names of a column's fields with what they should hold."""
    stem = f"{column.group}_{column.key}"
    name = f"ours_{stem}_{column.unit}"
    yield name, ours.value if ours else None
    if column.seeds:
        yield f"{name}_sd", ours.sd if ours else None
        yield f"{name}_seeds", " ".join(map(str, ours.seeds)) if ours else ""
    if column.interval:
        for place, end in enumerate(("low", "high")):
            yield f"{name}_{end}", ours.interval[place] if ours and ours.interval else None
    if column.tested and column.group == "delta":
        yield f"ours_{stem}_verdict", ours.verdict if ours else ""
        yield f"ours_{stem}_p_adjusted", ours.p_adjusted if ours else None
    yield f"{table.paper}_{stem}_{column.shown_unit}", paper


def _check_cell(files: Files, name: str, field: str, expected: float | str | None, found: str | None) -> None:
    if found is None:
        files.findings.problem(name, field, "a cell", "none")
    elif isinstance(expected, str):
        files.findings.same(name, field, expected, found)
    else:
        files.findings.close(name, field, expected, number_in(found), PRINTED)


def number_in(text: str) -> float | None:
    """A cell's number; None of a text that says why there is none."""
    try:
        found = float(text)
    except ValueError:
        return None
    return found if math.isfinite(found) else None
