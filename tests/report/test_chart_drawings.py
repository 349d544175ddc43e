"""Drawings and data of charts whatever names have in them."""

import csv
import io
import re
from base64 import b64decode
from pathlib import Path
from xml.etree import ElementTree

import pytest
from charted import all_charts, write_results

from dcanet.report.chart import Chart
from dcanet.report.chart_scripts import chart_scripts

ROW = "<script>alert(1)</script>.a[0]\"'`\\${x}"
CLASSES = ("=1+1", "<img src=x onerror=alert(1)>", "datum['row'].b\x08\ufffe", '-5 and, "so"\non', "🚀" * 99)
SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture(scope="module")
def charts(tmp_path_factory: pytest.TempPathFactory) -> list[Chart]:
    return all_charts(*write_results(tmp_path_factory.mktemp("results"), ROW, CLASSES))


def test_drawings_are_xml_with_a_name(charts: list[Chart]) -> None:
    for chart in charts:
        root = ElementTree.fromstring(chart.svg)
        assert root.get("role") == "img"
        title = root.find(f"{SVG}title")
        assert title is not None
        assert title.text == re.sub("[\x08\ufffe]", "\N{REPLACEMENT CHARACTER}", chart.summary)
        assert root.get("aria-labelledby") == title.get("id") == f"{chart.key}-title"
        tags = {element.tag.removeprefix(SVG) for element in root.iter()}
        assert tags <= {"svg", "title", "g", "path", "rect", "line", "text", "tspan", "defs", "clipPath"}


def test_ids_are_of_one_drawing_alone(charts: list[Chart]) -> None:
    clipped = 0
    for chart in charts:
        ids = re.findall(r' id="([^"]*)"', chart.svg)
        used = re.findall(r"url\(#([^)]*)\)", chart.svg)
        assert all(name.startswith(f"{chart.key}-") for name in ids)
        assert set(used) <= set(ids)
        clipped += bool(used)
    assert clipped


def test_colours_follow_the_page(charts: list[Chart]) -> None:
    for chart in charts:
        colours = set(re.findall(r' (?:fill|stroke)="([^"]*)"', chart.svg))
        assert colours - {"none", "transparent"}
        assert all(re.fullmatch(r"none|transparent|var\(--[a-z-]+, #[0-9a-f]{6}\)", one) for one in colours)


def texts(chart: Chart) -> set[str]:
    return {element.text or "" for element in ElementTree.fromstring(chart.svg).iter(f"{SVG}text")}


def test_hostile_names_are_texts(charts: list[Chart]) -> None:
    by_key = {chart.key: chart for chart in charts}
    # Names that are too long for their place end in an ellipsis.
    assert any(ROW.startswith(text.rstrip("…")) and len(text) > 5 for text in texts(by_key["forest"]))
    assert f"{ROW[:24]}…" in texts(by_key["trade-macs"])
    classes = texts(by_key["classes-se_resnet50"])
    assert "=1+1" in classes
    assert any(text.startswith("<img src=x") for text in classes)
    assert any(text.startswith("🚀") and len(text) < 20 for text in classes)
    assert any(text.startswith("datum['row']") for text in classes)


def test_the_csv_is_what_the_rows_say(charts: list[Chart]) -> None:
    for chart in charts:
        assert chart.csv.endswith("\r\n")
        heading, *lines = csv.reader(io.StringIO(chart.csv, newline=""))
        assert heading == [*chart.rows[0]]
        for line, row in zip(lines, chart.rows, strict=True):
            for cell, value in zip(line, row.values(), strict=True):
                if isinstance(value, str):
                    assert cell.removeprefix("'") == value
                else:
                    assert (float(cell) if cell else None) == value
        address = chart.csv_address
        assert b64decode(address.removeprefix("data:text/csv;charset=utf-8;base64,")).decode() == chart.csv


def test_no_cell_of_text_is_a_formula() -> None:
    texts = ("=1+1", "+1", "-5", "@x", "\t=1", "fine")
    chart = Chart("key", "", "", {}, tuple({"name": text, "number": -1.5, "none": None} for text in texts))
    _, *lines = csv.reader(io.StringIO(chart.csv, newline=""))
    assert lines == [[text if text == "fine" else f"'{text}", "-1.5", ""] for text in texts]


def test_scripts_can_stand_inside_a_page() -> None:
    vega, ours = chart_scripts()
    assert not re.search("</script|<!--", vega + ours, re.IGNORECASE)
    assert "vegaEmbed(" in ours
    assert len(vega) < 1_000_000
    assert chart_scripts() == [vega, ours]


def test_an_unknown_name_of_any_kind_changes_no_field(tmp_path: Path, charts: list[Chart]) -> None:
    tame = all_charts(*write_results(tmp_path, classes=("a", "b", "c", "d", "e")))

    def fields(of: list[Chart]) -> list[dict[str, list[set[str]]]]:
        return [
            {name: [{*row} for row in rows[:1]] for name, rows in chart.spec["datasets"].items()}
            for chart in of
            if not chart.key.startswith("trade")
        ]

    assert fields(tame) == fields(charts)
