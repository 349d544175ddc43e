"""Every number of the tables in the report's files is held against the results."""

import contextlib
import re
from pathlib import Path

import pytest
from tampering import changed, put, verified

from dcanet.sheets import read_detectors, read_pairs
from dcanet.verification.costs import check_costs
from dcanet.verification.csv_table import check_csv
from dcanet.verification.files import Files
from dcanet.verification.findings import Findings
from dcanet.verification.pages import check_latex, check_markdown, check_page
from dcanet.verification.reading import read_experiment
from dcanet.verification.runs import runs_below
from dcanet.verification.speeds import check_speeds
from dcanet.verification.statistics import check_statistics
from dcanet.verification.tables import Results, table1, table2

NUMBER = re.compile(r"\d+\.\d+|\d+")


@pytest.fixture(scope="module")
def tables(made):
    """What the tables should show."""
    with contextlib.chdir(made):
        files = Files(Path("results/tiny"), "results/tiny", Findings())
        runs = [*runs_below(files, "classification"), *runs_below(files, "detection")]
        pairs, detectors = read_pairs(Path("config/pairs.tsv")), read_detectors(Path("config/detectors.tsv"))
        named = {pair.id: (pair.baseline.id, pair.connected.id) for pair in pairs if pair.connected}
        found = read_experiment(runs, None)
        statistics = check_statistics(files, found, named)
        results = Results(found, statistics, check_costs(files, runs, {}), check_speeds(files))
        return [table1(pairs, results), table2(detectors, results)]


def problems(made, check, file, *arguments):
    findings = Findings()
    check(Files(made / "report", "report", findings), file, *arguments)
    return findings.problems


def other_digits(text: str) -> str:
    """Another number of as many digits: the first digit that is not 0 is one more, or one less."""
    place = next((place for place, digit in enumerate(text) if digit in "123456789"), 0)
    digit = "8" if text[place] == "9" else str(int(text[place]) + 1)
    return text[:place] + digit + text[place + 1 :]


@pytest.mark.parametrize("number", [0, 1])
def test_every_number_of_a_csv(made, tables, number):
    path, table = made / f"report/{tables[number].key}.csv", tables[number]
    content = path.read_text()
    assert not problems(made, check_csv, path.name, table)
    head, *lines = content.splitlines()
    measured = head.split(",").index("ours_measured_on")
    told = 0
    for place, line in enumerate(lines):
        cells = line.split(",")
        for column, cell in enumerate(cells[:measured]):
            if not re.fullmatch(r"-?[\d.e-]+", cell):
                continue
            others = [*cells[:column], other_digits(cell), *cells[column + 1 :]]
            rows = [*lines[:place], ",".join(others), *lines[place + 1 :]]
            with changed(path):
                put(path, "\n".join([head, *rows]) + "\n")
                assert problems(made, check_csv, path.name, table), (head.split(",")[column], cell)
            told += 1
    assert told > 50


@pytest.mark.parametrize(
    "change",
    [
        lambda lines: lines[:-1],
        lambda lines: [*lines, lines[-1]],
        lambda lines: [lines[0], *lines[:0:-1]],
        lambda lines: [
            lines[0].replace("ours_baseline_top1_percent,", "ours_baseline_top9_percent,"),
            *lines[1:],
        ],
        lambda lines: [line.replace("not distinguishable", "better") for line in lines],
        lambda lines: [line.replace("no DCA side", "77.5") for line in lines],
        lambda lines: [],
        lambda lines: ['"'],
    ],
    ids=[
        "row gone",
        "row twice",
        "rows in another order",
        "column",
        "verdict",
        "number for none",
        "empty",
        "cut",
    ],
)
def test_a_csv_of_another_form(made, tables, change):
    path = made / "report/table1.csv"
    lines = path.read_text().splitlines()
    with changed(path):
        put(path, "\n".join(change(lines)))
        assert problems(made, check_csv, path.name, tables[0])


@pytest.mark.parametrize("number", [0, 1])
@pytest.mark.parametrize("kind", ["md", "tex"])
def test_every_number_in_the_cells_of_a_text(made, tables, number, kind):
    table = tables[number]
    file = "tables.md" if kind == "md" else f"{table.key}.tex"
    check, path = (check_markdown if kind == "md" else check_latex), made / "report" / file
    text = path.read_text()
    start = text.index(f"## Table {number + 1}." if kind == "md" else r"\midrule")
    end = text.index("\n\n- " if kind == "md" else r"\bottomrule", start)
    body = text.index("| --- |" if kind == "md" else r"\midrule", start)
    assert not problems(made, check, file, table)
    told = 0
    for found in list(NUMBER.finditer(text, body, end))[::3]:
        if not _is_of_a_cell(text, found.start(), kind):
            continue
        with changed(path):
            put(path, text[: found.start()] + other_digits(found[0]) + text[found.end() :])
            told += bool(problems(made, check, file, table))
            assert problems(made, check, file, table), text[found.start() - 40 : found.end() + 10]
    assert told > 10


def _is_of_a_cell(text: str, place: int, kind: str) -> bool:
    """Not of a row's name, of a command, of a footnote's mark, or of a zero, which has no digit to change.

    Nor of the words that stand for a top-5 of few classes.
    """
    line = text[text.rindex("\n", 0, place) + 1 : place]
    zero = not re.search("[1-9]", NUMBER.match(text, place)[0])
    if re.match(r"\d+ classes", text[place:]):
        return False
    if kind == "md":
        return line.count(" | ") >= 2 and not zero
    return " & " in line and not zero and "multicolumn" not in line and not re.search(r"\^\{\d*$", line)


def test_numbers_of_the_page(made, tables):
    path = made / "report/index.html"
    text = path.read_text()
    assert not problems(made, check_page, path.name, tables)
    exact = list(re.finditer(r'data-(?:ours|paper)="(-?[\d.e-]+)"', text))
    shown = list(re.finditer(r'<(?:span|b) class="number"[^>]*>[^\d<]*([\d.,]+)<', text))
    assert len(exact) > 60
    assert len(shown) > 60
    for found in [*exact[::12], *shown[::12]]:
        if not re.search("[1-9]", found[1]):
            continue
        with changed(path):
            put(path, text[: found.start(1)] + other_digits(found[1]) + text[found.end(1) :])
            assert problems(made, check_page, path.name, tables), found[0]


def test_the_page_tells_hashes_of_what_it_was_made_of(made, tables):
    findings = Findings()
    told = check_page(Files(made / "report", "report", findings), "index.html", tables)
    names = {Path(path).name for path in told}
    assert {"metrics.json", "predictions.parquet", "statistics.json", "costs.json"} <= names
    path = made / "results/tiny/classification/se_mobilenet_v2/seed0/eval/provenance.json"
    with changed(path):
        put(path, path.read_text() + " ")
        (problem,) = verified(made, "report").problems
    assert problem.field == "SHA-256, by report/index.html"


def test_a_report_of_another_experiment_is_not_taken_for_this_one(made):
    path = made / "report/index.html"
    with changed(path):
        put(path, path.read_text().replace("<title>DCANet-bench: tiny", "<title>DCANet-bench: others"))
        found = verified(made, "report")
    assert not found.problems
    assert found.notes == ["report: has no report of results/tiny, so no table was checked"]
