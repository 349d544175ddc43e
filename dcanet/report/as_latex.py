"""A table as LaTeX with booktabs' rules: ours upright, the paper's in italics on a line of their own."""

from collections.abc import Iterator, Sequence

from .formatting import ARROWS, Shown, shown
from .latex_text import PACKAGES, latex
from .table import Cell, Column, Content, Group, Missing, Row, Table, spans


def as_latex(table: Table) -> str:
    """A floating table of the main columns, to be included by `\\input`.

    Remarks and reasons stand below it, general notes are comments: a page has no room for them.
    """
    table = table.only(detail=False)
    notes = _notes(table)
    return "\n".join(
        [
            f"% Needs \\usepackage{{{','.join(PACKAGES)}}} in the preamble.",
            *(f"% {' '.join(note.split())}" for note in table.notes),
            r"\begin{table*}",
            r"\centering",
            rf"\caption{{{_caption(table)}}}",
            rf"\label{{tab:{table.key}}}",
            r"\resizebox{\linewidth}{!}{%",
            rf"\begin{{tabular}}{{l{'r' * len(table.columns)}}}",
            r"\toprule",
            *_head(table),
            *_body(table, notes),
            r"\bottomrule",
            r"\end{tabular}}",
            r"\par\smallskip\raggedright\footnotesize",
            *(rf"$^{{{number}}}$ {latex(note)}\par" for number, note in enumerate(notes, start=1)),
            r"\end{table*}",
            "",
        ]
    )


def _caption(table: Table) -> str:
    title = table.title.partition(". ")[2] or table.title
    return (
        f"{latex(title)}. Upright numbers are ours, measured on {latex(table.ours_on)}; \\textit{{italic}} "
        f"ones are the paper's, for {latex(table.paper_on)}. {latex(table.legend)}"
    )


def _notes(table: Table) -> list[str]:
    """Remarks on rows, then why numbers are missing; each text once."""
    return list(dict.fromkeys([*table.remarks, *map(str, table.absent)]))


def _head(table: Table) -> Iterator[str]:
    first = 2
    titles, rules = [], []
    for group in table.groups:
        last = first + len(group.columns) - 1
        titles.append(rf"\multicolumn{{{len(group.columns)}}}{{c}}{{{latex(group.label)}}}")
        rules.append(rf"\cmidrule(lr){{{first}-{last}}}")
        first = last + 1
    yield _line(["", *titles])
    yield " ".join(rules)
    columns = [column for _, column in table.columns]
    yield _line(["Network", *(latex(column.metric.label) for column in columns)])
    units = (f"{column.unit} {ARROWS[column.metric.direction]}" for column in columns)
    yield _line(["", *(_small(latex(unit)) for unit in units)])
    if any(column.qualifier for column in columns):
        yield _line(["", *(_small(latex(column.qualifier)) for column in columns)])


def _body(table: Table, notes: list[str]) -> Iterator[str]:
    for section in table.sections:
        yield r"\midrule"
        yield rf"\multicolumn{{{len(table.columns) + 1}}}{{l}}{{\textbf{{{latex(section.name)}}}}} \\"
        for row in section.rows:
            yield from _row(table, row, notes)


def _row(table: Table, row: Row, notes: list[str]) -> Iterator[str]:
    """Our numbers, what is known of their uncertainty if anything is, and the paper's numbers."""
    cells = spans(table, row)
    yield r"\addlinespace"
    marks = "".join(_mark(notes, remark) for remark in row.remarks)
    yield _line([latex(row.name) + marks, *(_ours(*cell, notes) for cell in cells)])
    spreads = [_spread(cell.ours, column) for _, column, cell, span in cells for _ in range(span)]
    if any(spreads):
        yield _line(["", *spreads])
    papers = (_paper(cell, column, notes) for _, column, cell, span in cells for _ in range(span))
    yield _line(["", *papers])


def _ours(group: Group, column: Column, cell: Cell, span: int, notes: list[str]) -> str:
    if isinstance(cell.ours, Missing) and not cell.applies:
        return rf"\multicolumn{{{span}}}{{l}}{{{latex(str(cell.ours))}}}"
    return _content(cell.ours, column, notes)


def _paper(cell: Cell, column: Column, notes: list[str]) -> str:
    return rf"\textit{{{_content(cell.paper, column, notes, published=True)}}}" if cell.applies else ""


def _content(content: Content, column: Column, notes: list[str], published: bool = False) -> str:
    if isinstance(content, Missing):
        return f"--{_mark(notes, str(content))}"
    main = latex(shown(content, column, published).main)
    return rf"\textbf{{{main}}}" if content.best else main


def _spread(content: Content, column: Column) -> str:
    if isinstance(content, Missing):
        return ""
    text: Shown = shown(content, column)
    sign = text.verdict.partition(" ")[0]
    found = " ".join(filter(None, (text.uncertainty, sign)))
    return _small(latex(found)) if found else ""


def _mark(notes: list[str], text: str) -> str:
    return f"$^{{{notes.index(text) + 1}}}$"


def _small(text: str) -> str:
    return rf"{{\scriptsize {text}}}" if text else ""


def _line(cells: Sequence[str]) -> str:
    return rf"{' & '.join(cells)} \\"
