"""The report in a real browser: offline, without errors, readable, for everybody."""

from pathlib import Path
from typing import Any

import pytest
from experiments import rendered, small
from made_up import provenance, run_folder

pytestmark = pytest.mark.browser


@pytest.mark.parametrize(("width", "scheme"), [(1400, "light"), (900, "light"), (400, "dark")])
def test_it_opens_offline_at_any_width(opened: Any, width: int, scheme: str) -> None:
    page = opened(width=width, color_scheme=scheme)
    assert page.locator("#table1").is_visible()
    assert page.locator("#table2").is_visible()
    assert page.locator("#table1 .verdict.better").is_visible()
    assert page.evaluate("document.documentElement.scrollWidth") == width
    page.locator(".scroll").first.evaluate("box => { box.scrollLeft = 200 }")
    name = page.locator("#table1 tbody th.name").first.bounding_box()
    assert name is not None
    assert name["x"] >= 0


def test_dark_mode_is_dark(opened: Any) -> None:
    page = opened(color_scheme="dark")
    background = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert max(map(int, background.removeprefix("rgb(").removesuffix(")").split(","))) < 60


def test_without_javascript_everything_is_there(opened: Any) -> None:
    page = opened(java_script_enabled=False)
    assert page.locator("#table1").is_visible()
    assert page.locator("#table1 .ours").first.is_visible()
    assert page.locator("#table1 .paper").first.is_visible()
    assert not page.locator(".controls").first.is_visible()
    pages = page.locator(".page")
    assert pages.count() == 5
    assert all(pages.nth(place).is_visible() for place in range(5))
    assert page.locator("#pair-se_resnet50-numbers").is_visible()
    reproduce = page.locator("#reproduce-se_resnet50")
    reproduce.locator("summary").click()
    assert reproduce.get_by_text("dcanet train se_resnet50 --seed 0").is_visible()


def test_a_script_of_others_does_not_run(chromium: Any, report_page: Path) -> None:
    page = chromium.new_page()
    page.goto(report_page.as_uri())
    page.evaluate(
        "() => { const script = document.createElement('script');"
        " script.textContent = 'window.ran = true'; document.body.append(script); }"
    )
    assert page.evaluate("window.ran") is None
    assert page.evaluate("typeof Results") == "function", "the page's own scripts do run"
    page.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("where", ["", "#pair-se_resnet50", "dialog", "columns"])
def test_axe_finds_nothing_worse_than_minor(opened: Any, scheme: str, where: str) -> None:
    axe = pytest.importorskip("axe_playwright_python.sync_playwright")
    page = opened(where if where.startswith("#") else "", color_scheme=scheme)
    if where == "dialog":
        page.locator("#table1 .made").first.click()
    if where == "columns":
        page.locator(".columns summary").first.click()
    page.evaluate("document.querySelectorAll('details').forEach(details => details.open = true)")
    found = axe.Axe().run(page).response["violations"]
    worse_than_minor = [
        (rule["id"], node["html"][:200], node["failureSummary"])
        for rule in found
        if rule["impact"] in ("moderate", "serious", "critical")
        for node in rule["nodes"]
    ]
    assert worse_than_minor == []


def test_hostile_texts_do_nothing(opened: Any, tmp_path: Path) -> None:
    hostile = "</script><script>window.ran = true</script><img src=x onerror='window.ran = true'>"
    results = tmp_path / "results"
    pairs, detectors = small(results)
    pairs[1] = pairs[1].model_copy(update={"row": hostile})
    odd = provenance("evaluate", "se_resnet50", 0, command=["dcanet", hostile], git_commit=hostile)
    odd.save(run_folder(results, "se_resnet50", 0) / "eval" / "provenance.json")
    index = rendered(results, pairs, detectors, tmp_path / "out", experiment=hostile, data_note=hostile)
    page = opened(report=index)
    assert page.locator("#table1 tbody tr").filter(has_text=hostile).count() == 1
    page.locator("#table1 tbody tr").filter(has_text=hostile).locator(".made").first.click()
    assert hostile in page.get_by_role("dialog").inner_text()
    page.keyboard.press("Escape")
    page.get_by_role("link", name=hostile, exact=True).first.click()
    assert page.locator("#pair-se_resnet50 h2").inner_text() == hostile
    assert page.evaluate("window.ran") is None


def test_on_paper_there_are_no_controls(opened: Any) -> None:
    page = opened()
    page.emulate_media(media="print")
    assert page.locator("#table1").is_visible()
    assert not page.locator(".controls").first.is_visible()
    assert not page.get_by_label("Contents").is_visible()


def test_the_first_stop_skips_to_the_tables(opened: Any) -> None:
    page = opened()
    page.keyboard.press("Tab")
    assert page.locator(":focus").inner_text() == "Skip to the tables"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"


def test_a_pairs_page_and_back(opened: Any) -> None:
    page = opened()
    link = page.get_by_role("link", name="SE-ResNet50", exact=True)
    link.click()
    assert page.locator("#pair-se_resnet50").is_visible()
    assert not page.locator("#table1").is_visible()
    assert not page.locator("#pair-resnet50").is_visible()
    assert page.title().startswith("SE-ResNet50")
    shown = page.locator("#pair-se_resnet50").inner_text()
    for part in (
        "▲ better",
        "connection's share",
        "Peak memory",
        "Validation, best",
        "snakemake --cores all",
    ):
        assert part in shown
    page.go_back()
    assert page.locator("#table1").is_visible()
    assert not page.locator("#pair-se_resnet50").is_visible()
    assert page.title() == "DCANet-bench: made_up"
    assert link.evaluate("link => link === document.activeElement")


def test_a_pairs_page_has_an_address_of_its_own(opened: Any) -> None:
    page = opened("#pair-ge_mobilenet_v2")
    assert page.locator("#pair-ge_mobilenet_v2").is_visible()
    assert "not run yet" in page.locator("#pair-ge_mobilenet_v2-numbers").inner_text()
    page.get_by_role("link", name="Previous: SE-ResNet50").click()
    assert page.locator("#pair-se_resnet50").is_visible()
    page.get_by_role("link", name="The commands that ran").click()
    assert page.get_by_text("dcanet train se_resnet50 --seed 0").first.is_visible()
    page.get_by_role("link", name="Table 2").click()
    assert page.locator("#table2").is_visible()
