"""HTML, Markdown, LaTeX and CSV show the same numbers of the same table, and no text is taken for more."""

import csv
import io
import re
from dataclasses import replace
from pathlib import Path

import pytest
from experiments import rendered, small
from test_renderers import Cells

from dcanet.report.as_csv import as_csv
from dcanet.report.as_latex import as_latex
from dcanet.report.as_markdown import as_markdown
from dcanet.report.formatting import shown
from dcanet.report.stored import load
from dcanet.report.stored_detection import load_detection
from dcanet.report.table import Missing, Table
from dcanet.report.table1 import table1
from dcanet.report.table2 import table2

#: Ours and the paper's, by the row's name and the column's place.
Texts = dict[tuple[str, int], tuple[str, str]]

HOSTILE = r"<script>alert(1)</script> \input{x} & % $ # _ { } ~ ^"
FORMULA = "=1+1"


@pytest.fixture(scope="module")
def experiment(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[Table]]:
    """Its report's page, and the tables that it shows."""
    results = tmp_path_factory.mktemp("experiment") / "made_up"
    pairs, detectors = small(results)
    stored = load(results, pairs, None)
    detection = load_detection(results, detectors, None)
    tables = [
        table1(pairs, stored, "made-up data"),
        table2(detectors, detection, "made-up scenes", stored.statistics),
    ]
    return rendered(results, pairs, detectors, results.parent / "out"), tables


def in_html(page: str, table: Table) -> Texts:
    cells = Cells(page[page.index(f'<table id="{table.key}"') :].split("</table>")[0])
    found = {}
    for row in (row for row in cells.rows if len(row) > 1):
        for place, text in enumerate(row[1:]):
            ours, _, paper = text.replace("\u00ad", "").partition(" paper ")
            found[row[0].strip(), place] = (ours, paper)
    return found


def in_markdown(table: Table) -> Texts:
    found = {}
    for line in as_markdown(table).splitlines():
        _, *cells = [cell.strip() for cell in line.strip("|").split(" | ")]
        for place, text in enumerate(cells[1:]):
            ours, _, paper = re.sub(r"[*\\_]", "", text).partition("<br>")
            found[cells[0], place] = (ours, paper)
    return found


def in_latex(table: Table) -> Texts:
    """Of a row's lines the first is ours, the last the paper's, one between tells the uncertainty."""
    signs = {"$-$": "−", r"$\blacktriangle$": "▲", r"$\blacktriangledown$": "▼", r"$\approx$": "≈"}
    signs |= {r"$\theta$": "θ"}
    text = as_latex(table).split(r"\midrule", 1)[1].split(r"\bottomrule")[0]
    for written, sign in signs.items():
        text = text.replace(written, sign)
    text = re.sub(r"\\(textbf|textit|scriptsize)|\$\^\{\d+\}\$|[{}]", "", text)
    found = {}
    for block in text.split(r"\addlinespace")[1:]:
        lines = [line.removesuffix(r" \\").split(" & ") for line in block.splitlines() if " & " in line]
        (name, *ours), *between, (_, *paper) = lines
        for place, (first, last) in enumerate(zip(ours, paper, strict=False)):
            spread = between[0][place + 1] if between else ""
            found[name, place] = (f"{first} {spread}", last)
    return found


def in_csv(table: Table) -> Texts:
    head, *rows = csv.reader(io.StringIO(as_csv(table)))
    beside = r"_(sd|seeds|low|high|verdict|p_adjusted|measured_on|remarks)$"
    kept = [place for place, name in enumerate(head[2:], start=2) if not re.search(beside, name)]
    return {
        (row[1], place): (row[ours], row[paper])
        for row in rows
        for place, (ours, paper) in enumerate(zip(kept[::2], kept[1::2], strict=True))
    }


@pytest.mark.parametrize("number", [0, 1])
def test_all_four_show_the_same_numbers(experiment: tuple[Path, list[Table]], number: int) -> None:
    index, tables = experiment
    table = tables[number].only(detail=False)
    readable = [in_html(index.read_text(), table), in_markdown(table), in_latex(table)]
    exact = in_csv(table)
    compared = 0
    for _, row in table.rows:
        for place, ((_, column), cell) in enumerate(zip(table.columns, row.cells, strict=True)):
            for side, content in enumerate((cell.ours, cell.paper)):
                if isinstance(content, Missing):
                    continue
                compared += 1
                text = shown(content, column, published=side == 1)
                for found in readable:
                    words = found[row.name, place][side]
                    assert text.main in words.split()
                    assert text.uncertainty in words
                    assert text.verdict[:1] in words
                scaled = content.number / (column.metric.scale if side else 1)
                assert float(exact[row.name, place][side]) == pytest.approx(scaled)
    assert compared > 20


def test_hostile_names_are_text_in_all_four(tmp_path: Path) -> None:
    results = tmp_path / "results"
    pairs, detectors = small(results)
    pairs[1] = pairs[1].model_copy(update={"row": HOSTILE})
    detectors[0] = detectors[0].model_copy(update={"row": FORMULA})
    index = rendered(results, pairs, detectors, tmp_path / "out", data_note=HOSTILE, experiment=HOSTILE)
    page = index.read_text()
    assert "<script>alert" not in page
    assert Cells(page).row(HOSTILE)
    assert Cells(page).row(FORMULA)
    assert "<script" not in (tmp_path / "out" / "tables.md").read_text()
    tex = (tmp_path / "out" / "table1.tex").read_text()
    written = (
        r"\textless{}script\textgreater{}alert(1)\textless{}/script\textgreater{} \textbackslash{}input\{x\}"
    )
    assert rf"{written} \& \% \$ \# \_ \{{ \}} \textasciitilde{{}} \textasciicircum{{}}" in tex
    assert r"\input" not in tex.replace(r"\textbackslash{}input", "")
    with open(tmp_path / "out" / "table1.csv", newline="") as file:
        assert HOSTILE in [row["row"] for row in csv.DictReader(file)]
    with open(tmp_path / "out" / "table2.csv", newline="") as file:
        assert f"'{FORMULA}" in [row["row"] for row in csv.DictReader(file)]


def test_a_table_without_a_numbered_title_keeps_it(experiment: tuple[Path, list[Table]]) -> None:
    _, (first, _) = experiment
    assert r"\caption{Accuracies. Upright" in as_latex(replace(first, title="Accuracies"))
