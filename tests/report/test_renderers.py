"""HTML, Markdown and CSV say the same, and nothing that comes from a file is taken for markup."""

import csv
import re
import subprocess
import sys
from html.parser import HTMLParser
from itertools import groupby
from pathlib import Path

import pytest
from made_up import (
    detector,
    plain_pair,
    provenance,
    run_folder,
    se_pair,
    write_costs,
    write_detector,
    write_pictures,
    write_run,
    write_speeds,
)

from dcanet.report import render
from dcanet.report.as_csv import as_csv
from dcanet.report.as_markdown import as_markdown, escape
from dcanet.report.formatting import shown
from dcanet.report.metrics import METRICS
from dcanet.report.stored_detection import StoredDetection
from dcanet.report.table import Column, Table, Value
from dcanet.report.table2 import table2
from dcanet.sheets import Detector, Pair

BASELINE, CONNECTED = "se_resnet50", "dca_se_resnet50"
SCRIPT = "<script>alert(1)</script>|`*x*`\n=1+1"


class Cells(HTMLParser):
    """Texts of the cells of the first table with an id, and every element seen."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.rows: list[list[str]] = []
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attributes)))
        if tag == "tr":
            self.rows.append([])
        elif tag in ("td", "th") and self.rows:
            self.rows[-1].append("")

    def handle_endtag(self, tag: str) -> None:
        if tag == "tr":
            self.rows.append([])

    def handle_data(self, data: str) -> None:
        if self.rows and self.rows[-1]:
            self.rows[-1][-1] = " ".join((self.rows[-1][-1] + data).split()) + " "

    def row(self, name: str) -> list[str]:
        return [text.strip() for text in next(row for row in self.rows if row and row[0].strip() == name)]


@pytest.fixture
def results(tmp_path: Path) -> Path:
    folder = tmp_path / "results" / "made_up"
    write_run(folder, BASELINE, top1=93.401)
    write_run(folder, CONNECTED, top1=93.278)
    write_costs(folder, {BASELINE: 28_088_024, CONNECTED: 28_650_000})
    write_speeds(folder, BASELINE, [BASELINE, CONNECTED], overhead=2.0)
    return folder


def report(results: Path, pairs: list[Pair] | None = None, **values: object) -> Path:
    arguments = {
        "experiment": "made_up",
        "data_note": "made-up data",
        "detection_note": "made-up scenes",
        **values,
    }
    detectors = [detector("plain", None, 36.2), detector("se", "plain", 37.4)]
    return render(results, pairs or [plain_pair(), se_pair()], detectors, results.parent / "out", **arguments)  # type: ignore[arg-type]


def test_all_renderers_show_the_same_numbers(results: Path) -> None:
    index = report(results)
    html = Cells(index.read_text()).row("SE-ResNet50")
    markdown = next(
        line for line in (index.parent / "tables.md").read_text().splitlines() if "| SE-ResNet50 |" in line
    )
    cells = [re.sub(r"[*_\\]", "", cell.replace("<br>", " ")) for cell in markdown.strip("| ").split("|")]
    assert [cell.split() for cell in html[1:]] == [cell.split() for cell in cells[2:]]
    assert html[1] == "ours 93.40 paper 71.29"
    assert html[3] == "ours 28.09 paper 28.09"
    assert html[11] == "ours −0.12 paper +0.26"
    assert html[15] == "ours +2.0 [+1.0, +3.0] not in paper"

    row = next(row for row in read_csv(index.parent / "table1.csv") if row["row"] == "SE-ResNet50")
    assert row["ours_baseline_top1_percent"] == "93.401"
    assert row["paper_imagenet_baseline_top1_percent"] == "71.29"
    assert row["ours_baseline_params_count"] == "28088024"
    assert row["paper_imagenet_baseline_params_mega"] == "28.09"
    assert row["ours_delta_top1_points"] == "-0.123"
    assert row["ours_delta_overhead_cpu_percent"] == "2"
    assert row["paper_imagenet_baseline_throughput_cpu_images_per_second"] == "not in paper"
    assert row["ours_measured_on"] == "made-up data"


def test_every_number_names_its_source(results: Path) -> None:
    index = report(results)
    for cell in Cells(index.read_text()).row("SE-ResNet50")[1:]:
        assert re.fullmatch(r"ours [−+\d].* (paper [−+\d][\d.]*|not in paper)", cell)
    for name in ("table1.csv", "table2.csv"):
        (*columns,) = read_csv(index.parent / name)[0]
        assert all(column.startswith(("ours_", "paper_")) for column in columns[2:])


def test_the_exact_count_is_in_the_tooltip(results: Path) -> None:
    titles = [attributes.get("title") for _, attributes in Cells(report(results).read_text()).elements]
    assert "ours, 1,000 classes: 28,088,024 Params" in titles
    assert "ours, 224 × 224 px, 1,000 classes: 4,122,792,960 MACs" in titles
    assert "paper, ImageNet: 28.09 M" in titles


@pytest.mark.parametrize(
    ("metric", "number", "delta", "text"),
    [
        ("top1", 93.405001, False, "93.41"),
        ("top1", 0.4699999, True, "+0.47"),
        ("top1", -0.12, True, "−0.12"),
        ("top1", 0.0, True, "0.00"),
        ("top1", -0.001, True, "−0.00"),
        ("params", 28_088_024, False, "28.09"),
        ("macs", 4_122_792_960, False, "4.12"),
        ("macs", 2_100_000, True, "+0.0021"),
        ("throughput", 2510.44, False, "2,510.4"),
    ],
)
def test_numbers_as_text(metric: str, number: float, delta: bool, text: str) -> None:
    assert shown(Value(number), Column(METRICS[metric], "made-up", delta)).main == text


def test_several_seeds_as_text() -> None:
    value = Value(91.0, sd=0.517, seeds=(0, 1, 2))
    assert shown(value, Column(METRICS["top1"], "made-up")).uncertainty == "± 0.52, 3 seeds"


def active_scripts(page: Cells) -> int:
    """Those that are no data."""
    return sum(tag == "script" and not attributes.get("type") for tag, attributes in page.elements)


def test_hostile_texts_stay_text(results: Path) -> None:
    (results / "classification" / CONNECTED / "seed0" / "eval" / "metrics.json").write_text("{")
    hostile = provenance("train", BASELINE, 0, command=[SCRIPT], machine={SCRIPT: SCRIPT}, git_commit=SCRIPT)
    hostile.save(run_folder(results, BASELINE, 0) / "train" / "provenance.json")
    pairs = [plain_pair(), se_pair(row=SCRIPT)]
    tame = report(results).read_text()
    index = report(results, pairs, experiment=SCRIPT, data_note=SCRIPT, notes=[SCRIPT])

    page = Cells(index.read_text())
    assert not [tag for tag, _ in page.elements if tag in ("img", "iframe")]
    assert active_scripts(page) == active_scripts(Cells(tame))
    assert page.row("<script>alert(1)</script>|`*x*` =1+1")

    # Indented lines are code, which Markdown shows as it is.
    lines = [line for line in (index.parent / "tables.md").read_text().splitlines() if line[:4].strip()]
    assert not [line for line in lines if "<script" in line]
    rows = [line if line.startswith("| ") else "" for line in lines]
    tables = [list(of_table) for is_row, of_table in groupby(rows, bool) if is_row]
    assert len(tables) > 3
    for of_table in tables:
        assert len({len(re.findall(r"(?<!\\)\|", line)) for line in of_table}) == 1

    row = read_csv(index.parent / "table1.csv")[1]
    assert row["row"] == SCRIPT


@pytest.mark.parametrize("name", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", " =1", "＝1"])
def test_csv_texts_are_no_formulas(name: str) -> None:
    table = _table2(detector("plain", None, 36.2, row=name))
    assert next(csv.DictReader(as_csv(table).splitlines()))["row"] == f"'{name}"


def test_negative_numbers_of_csv_stay_numbers() -> None:
    table = _table2(detector("plain", None, 36.2), detector("worse", "plain", 36.1))
    row = list(csv.DictReader(as_csv(table).splitlines()))[1]
    assert float(row["paper_coco_val2017_delta_ap_points"]) == pytest.approx(-0.1)


@pytest.mark.parametrize(
    ("text", "escaped"),
    [
        ("a|b\nc", r"a\|b c"),
        ("<b>&amp;", "&lt;b&gt;&amp;amp;"),
        ("[x](y) `z`", r"\[x\](y) \`z\`"),
        ("SE-Mnas1_0", "SE-Mnas1_0"),
        ("_x_", r"\_x\_"),
        ("(__x y__)", r"(\_\_x y\_\_)"),
        ("# x", r"\# x"),
        ("1. x", r"1\. x"),
        ("- x", r"\- x"),
    ],
)
def test_markdown_escapes(text: str, escaped: str) -> None:
    assert escape(text) == escaped


def test_the_page_tells_how_and_where_each_number_was_made(results: Path) -> None:
    odd = provenance("evaluate", CONNECTED, 0, threads=64, git_dirty=True)
    odd.save(run_folder(results, CONNECTED, 0) / "eval" / "provenance.json")
    text = " ".join(report(results, notes=["a made-up note"]).read_text().split())
    assert f"<code>dcanet train {BASELINE} --seed 0</code>" in text
    assert f"snakemake --cores all {results}/classification/{BASELINE}/seed0/eval/metrics.json" in text
    assert "recipe0123456789" in text
    assert "f" * 64 in text
    assert "2 different environments" in text
    assert "abc1234 with uncommitted changes" in text
    assert "threads <small>differs</small>" in text
    assert "a made-up note" in text
    assert "headings “Param(G)” and “FLOPs” are swapped" in text


def test_warnings_stand_on_the_page_and_in_markdown(results: Path) -> None:
    broken = results / "profile" / "costs.json"
    broken.write_text("{")
    index = report(results)
    for text in (index.read_text(), (index.parent / "tables.md").read_text()):
        assert "Warnings" in text
        assert "count again: delete the file, or run" in text


def test_rendering_is_a_pure_function_of_the_files(results: Path) -> None:
    first = {path.name: path.read_bytes() for path in report(results).parent.iterdir()}
    second = {path.name: path.read_bytes() for path in report(results).parent.iterdir()}
    assert first == second
    tables = {f"{table}.{kind}" for table in ("table1", "table2") for kind in ("csv", "tex")}
    assert set(first) == {"index.html", "tables.md", *tables}


def test_importing_the_report_loads_nothing_heavy() -> None:
    code = "import sys, dcanet.report; print({'torch', 'snakemake', 'pandas'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"


def _table2(*detectors: Detector) -> Table:
    """Without any result of ours."""
    nowhere = StoredDetection(Path(), {row.id: [] for row in detectors}, {}, ())
    return table2(detectors, nowhere, "made-up scenes")


def test_detectors_of_ours_are_shown_everywhere(results: Path) -> None:
    write_detector(results, "plain", [20.0, 18.0, 22.0])
    write_detector(results, "se", [21.0, 19.0, 23.5])
    write_pictures(results, "se", "plain")
    index = report(results)
    html, markdown = index.read_text(), (index.parent / "tables.md").read_text()
    rows = read_csv(index.parent / "table2.csv")
    assert float(rows[1]["ours_value_ap_percent_high"]) == 23.5
    assert "[18.0, 22.0]" in html
    assert "ours **21.0** \\[19.0, 23.5\\]" in markdown
    assert "se finds &lt;b&gt;cat&lt;/b&gt; 0.90" in html
    assert "<b>cat" not in html
    assert "dcanet evaluate se --seed 0" in html


def test_a_detector_table_in_markdown(results: Path) -> None:
    text = as_markdown(_table2(detector("plain", None, 36.2), detector("se", "plain", 37.4)))
    assert "ours not run yet<br>_paper **37.4**_" in text
    assert "ours not run yet<br>_paper +1.2_" in text


def read_csv(path: Path) -> list[dict[str, str]]:
    with open(path, newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))
