"""Charts in a real browser, under a policy that allows the page's own scripts alone."""

import base64
import csv
import hashlib
import io
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from charted import BASELINE, all_charts, write_results
from jinja2 import Environment, PackageLoader

from dcanet.report.chart import Chart
from dcanet.report.chart_scripts import chart_scripts

ROW = "<script>alert(1)</script>"
TEMPLATE = """{% from "chart.html" import draw_chart %}<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>charts</title><link rel="icon" href="data:,">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline';
img-src data:; script-src {{ hashes }}">
<style>{% include "style.css" %}</style></head>
<body><main><div class="charts">{% for chart in charts %}{{ draw_chart(chart) }}{% endfor %}</div></main>
{% for script in scripts %}<script>{{ script|safe }}</script>{% endfor %}</body></html>"""

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def charts(tmp_path_factory: pytest.TempPathFactory) -> list[Chart]:
    return all_charts(*write_results(tmp_path_factory.mktemp("results"), ROW))


@pytest.fixture(scope="module")
def address(charts: list[Chart], tmp_path_factory: pytest.TempPathFactory) -> str:
    environment = Environment(loader=PackageLoader("dcanet.report"), autoescape=True)
    scripts = chart_scripts()
    digests = (base64.b64encode(hashlib.sha256(text.encode()).digest()).decode() for text in scripts)
    hashes = " ".join(f"'sha256-{digest}'" for digest in digests)
    page = environment.from_string(TEMPLATE).render(charts=charts, scripts=scripts, hashes=hashes)
    path = tmp_path_factory.mktemp("page") / "index.html"
    path.write_text(page, encoding="utf-8")
    return path.as_uri()


@pytest.fixture
def opened(chromium: Any) -> Iterator[Callable[..., Any]]:
    """Opens a page of the browser's, with settings of its own, and closes it after the test."""
    contexts = []

    def open_(height: int = 900, width: int = 1400, **settings: Any) -> Any:
        contexts.append(chromium.new_context(viewport={"width": width, "height": height}, **settings))
        return contexts[-1].new_page()

    yield open_
    for context in contexts:
        context.close()


@pytest.mark.parametrize(("width", "scheme"), [(1400, "light"), (400, "dark")])
def test_charts_come_to_life_offline(
    opened: Any, address: str, charts: list[Chart], width: int, scheme: str
) -> None:
    page = opened(300, width, color_scheme=scheme)
    requests: list[str] = []
    errors: list[str] = []
    page.on("request", lambda request: requests.append(request.url))
    page.on("console", lambda message: errors.append(message.text))
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("dialog", lambda dialog: errors.append(dialog.message))
    page.goto(address)
    assert page.locator("figure.alive").count() < len(charts), "only those in view"
    for chart in charts:
        figure = page.locator(f"#{chart.key}")
        figure.scroll_into_view_if_needed()
        page.wait_for_selector(f"#{chart.key}.alive")
        assert figure.locator(".live svg path").count() > 3
        assert figure.get_by_role("img", name=chart.summary, exact=True).count() == 1
        assert not figure.locator(".still").is_visible()
    assert page.evaluate("document.documentElement.scrollWidth") == width
    text = page.locator("#trade-macs .live .mark-text.role-mark text").first
    ink = page.evaluate("getComputedStyle(document.body).color")
    assert text.evaluate("text => getComputedStyle(text).fill") == ink, "letters are the page's in any scheme"
    assert [url for url in requests if not url.startswith("data:")] == [address]
    assert errors == []


def test_pointing_at_a_mark_tells_its_numbers(opened: Any, address: str, charts: list[Chart]) -> None:
    page = opened()
    page.goto(address)
    page.wait_for_selector("#forest.alive")
    page.locator("#forest .live .mark-symbol path").first.hover()
    tooltip = page.locator("#vg-tooltip-element.visible")
    tooltip.wait_for()
    (row,) = next(chart for chart in charts if chart.key == "forest").spec["datasets"]["rows"]
    assert ROW in tooltip.inner_text()
    assert row["text"] in tooltip.inner_text()
    assert row["verdict"] in tooltip.inner_text()


def test_the_wheel_zooms_with_a_key_alone(opened: Any, address: str) -> None:
    page = opened(300)
    page.goto(address)
    page.locator("#trade-macs").scroll_into_view_if_needed()
    page.wait_for_selector("#trade-macs.alive")
    labels = page.locator("#trade-macs .live .role-axis-label text")
    before = labels.all_inner_texts()
    plot = page.locator("#trade-macs .live .mark-symbol path").first
    plot.hover()
    scrolled = page.evaluate("scrollY")
    page.mouse.wheel(0, 40)
    page.wait_for_function("was => scrollY > was", arg=scrolled)
    assert labels.all_inner_texts() == before
    plot.hover()
    page.keyboard.down("Alt")
    page.mouse.wheel(0, -400)
    page.keyboard.up("Alt")
    page.wait_for_function(
        "was => [...document.querySelectorAll('#trade-macs .live .role-axis-label text')]"
        ".map(text => text.textContent).join() != was.join()",
        arg=before,
    )


def test_a_part_is_marked_and_the_rest_fades(opened: Any, address: str) -> None:
    page = opened(900)
    page.goto(address)
    page.locator("#trade-macs").scroll_into_view_if_needed()
    page.wait_for_selector("#trade-macs.alive")
    points = page.locator("#trade-macs .live .mark-symbol path")

    def opacities() -> list[float]:
        return points.evaluate_all("found => found.map(path => +(path.getAttribute('opacity') ?? 1))")

    assert set(opacities()) == {1.0}
    box = points.first.bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.keyboard.down("Shift")
    page.mouse.move(x - 8, y - 8)
    page.mouse.down()
    page.mouse.move(x + 8, y + 8, steps=4)
    page.mouse.up()
    page.keyboard.up("Shift")
    page.wait_for_function(
        "[...document.querySelectorAll('#trade-macs .live .mark-symbol path')]"
        ".some(path => +(path.getAttribute('opacity') ?? 1) < 0.5)"
    )
    assert opacities()[0] == 1.0
    page.mouse.dblclick(x, y)
    page.wait_for_function(
        "[...document.querySelectorAll('#trade-macs .live .mark-symbol path')]"
        ".every(path => +(path.getAttribute('opacity') ?? 1) === 1)"
    )


def test_data_and_drawing_are_files(opened: Any, address: str, charts: list[Chart]) -> None:
    page = opened()
    page.goto(address)
    chart = next(chart for chart in charts if chart.key == "trade-macs")
    figure = page.locator(f"#{chart.key}")
    with page.expect_download() as started:
        figure.get_by_role("link", name="SVG").click()
    assert started.value.suggested_filename == "trade-macs.svg"
    drawing = Path(started.value.path()).read_text(encoding="utf-8")
    assert drawing.startswith('<svg xmlns="http://www.w3.org/2000/svg"')
    assert "var(" not in drawing
    assert 'fill="#191b1e"' in drawing


def test_without_scripts_drawing_and_data_are_there(opened: Any, address: str, charts: list[Chart]) -> None:
    page = opened(java_script_enabled=False)
    page.goto(address)
    for chart in charts:
        figure = page.locator(f"#{chart.key}")
        assert figure.get_by_role("img").is_visible()
        assert not figure.locator(".scripted").is_visible()
        with page.expect_download() as started:
            figure.get_by_role("link", name="data (CSV)").click()
        assert started.value.suggested_filename == f"{chart.key}.csv"
        text = Path(started.value.path()).read_bytes().decode()
        assert [*csv.DictReader(io.StringIO(text, newline=""))] == [
            {name: "" if value is None else str(value) for name, value in row.items()} for row in chart.rows
        ]
    assert ROW in page.locator("#trade-macs").inner_text()
    assert page.locator(f"#classes-{BASELINE} svg text").count() > 6


def test_printed_drawings_are_the_still_ones(opened: Any, address: str) -> None:
    page = opened()
    page.goto(address)
    page.wait_for_selector("#forest.alive")
    page.emulate_media(media="print")
    assert page.locator("#forest .still").is_visible()
    assert not page.locator("#forest .live").is_visible()
