"""What a reader can do with a table: sort, filter, narrow, copy, and ask how a number was made."""

import re
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.browser


def names(page: Any, table: str = "table1") -> list[str]:
    """Of the rows that are visible, from top to bottom."""
    rows = page.locator(f"#{table} tbody tr:not(.section):visible th.name a")
    return [rows.nth(place).inner_text() for place in range(rows.count())]


def controls(page: Any, table: str = "table1") -> Any:
    return page.locator(f".controls[data-table={table}]")


def status(page: Any, table: str = "table1") -> str:
    return controls(page, table).get_by_role("status").inner_text()


def heading(page: Any, group: str, label: str, table: str = "table1") -> Any:
    return page.locator(f'#{table} th[data-group="{group}"][data-label="{label}"]')


def test_sorting_goes_best_worst_and_back(opened: Any) -> None:
    page = opened()
    order = names(page)
    assert order == ["ResNet50", "SE-ResNet50", "GEθ-MobileNetV2"]
    controls(page).get_by_label("group by backbone").uncheck()
    top1 = heading(page, "Baseline", "Top-1")
    top1.get_by_role("button").click()
    assert top1.get_attribute("aria-sort") == "descending"
    # 48.25 %, 41.5 %, and last what was not run.
    assert names(page) == ["SE-ResNet50", "GEθ-MobileNetV2", "ResNet50"]
    assert status(page) == "3 of 3 rows, by Baseline Top-1, descending."
    top1.get_by_role("button").click()
    assert top1.get_attribute("aria-sort") == "ascending"
    assert names(page) == ["GEθ-MobileNetV2", "SE-ResNet50", "ResNet50"]
    top1.get_by_role("button").click()
    assert top1.get_attribute("aria-sort") is None
    assert names(page) == order


def test_sections_are_kept_or_dissolved(opened: Any) -> None:
    page = opened()
    sections = page.locator("#table1 tr.section:visible")
    heading(page, "Baseline", "Top-1").get_by_role("button").click()
    assert sections.all_inner_texts() == ["ResNet50", "MobileNetV2"]
    assert names(page) == ["SE-ResNet50", "ResNet50", "GEθ-MobileNetV2"]
    controls(page).get_by_label("group by backbone").uncheck()
    assert sections.count() == 0
    assert page.locator("#table1 .of-section:visible").all_inner_texts() == [
        "ResNet50",
        "MobileNetV2",
        "ResNet50",
    ]


def test_what_is_better_when_lower_starts_with_the_least(opened: Any) -> None:
    page = opened()
    params = heading(page, "DCANet", "Params")
    params.get_by_role("button").click()
    assert params.get_attribute("aria-sort") == "ascending"
    page.locator("#table1 thead th.name button").click()
    assert names(page) == ["ResNet50", "SE-ResNet50", "GEθ-MobileNetV2"]
    assert params.get_attribute("aria-sort") is None


def test_filters(opened: Any) -> None:
    page = opened()
    controls(page).get_by_role("combobox", name="Backbone").select_option("ResNet50")
    assert names(page) == ["ResNet50", "SE-ResNet50"]
    controls(page).get_by_role("combobox", name="Attention").select_option("SE")
    assert names(page) == ["SE-ResNet50"]
    assert status(page) == "1 of 3 rows."
    assert page.locator("#table1 tr.section:visible").all_inner_texts() == ["ResNet50"]
    controls(page).get_by_role("combobox", name="Attention").select_option("all")
    assert len(names(page)) == 2
    controls(page, "table2").get_by_role("combobox", name="Detector").select_option("RetinaNet")
    assert names(page, "table2") == ["plain", "se"]


def test_columns_are_hidden_and_shown(opened: Any) -> None:
    page = opened()
    group = page.locator('#table1 th[scope="colgroup"]', has_text="DCANet").first
    empty = page.locator("#table1 td.none")
    assert (group.get_attribute("colspan"), empty.get_attribute("colspan")) == ("5", "10")
    controls(page).locator(".columns summary").click()
    chosen = controls(page).get_by_role("group", name="DCANet", exact=True)
    for label in ("Top-5", "MACs fvcore"):
        chosen.get_by_label(label).uncheck()
    assert not heading(page, "DCANet", "Top-5").is_visible()
    assert (group.get_attribute("colspan"), empty.get_attribute("colspan")) == ("3", "8")
    row = page.locator("#table1 tr", has_text="SE-ResNet50").locator("td:visible")
    assert row.count() == 13
    for label in ("Top-1", "Params", "Throughput cpu"):
        chosen.get_by_label(label).uncheck()
    assert not group.is_visible()
    chosen.get_by_label("Top-5").check()
    assert heading(page, "DCANet", "Top-5").is_visible()
    assert group.get_attribute("colspan") == "1"


def test_details_follow_the_table(opened: Any) -> None:
    page = opened()
    page.locator("#table1-details-title").click()
    assert len(names(page, "table1-details")) == 3
    controls(page).get_by_role("combobox", name="Attention").select_option("SE")
    controls(page).get_by_role("radio", name="ours").check(force=True)
    assert names(page, "table1-details") == ["SE-ResNet50"]
    assert page.locator("#table1-details td .paper:visible").count() == 0


def test_ours_paper_or_both(opened: Any) -> None:
    page = opened()
    cell = page.locator("#table1 tr", has_text="SE-ResNet50").locator("td").first
    shown = {}
    for choice in ("ours", "paper", "both"):
        controls(page).get_by_role("radio", name=choice).check(force=True)
        shown[choice] = cell.inner_text().split()
    assert shown["ours"] == ["ours", "48.25", "[43.39,", "53.14]"]
    assert shown["paper"] == ["71.29"]
    assert shown["both"] == [*shown["ours"], "paper", "71.29"]


@pytest.fixture
def copied(opened: Any) -> Any:
    """Presses a button, and gives what is in the clipboard then."""

    def copy(page: Any, format_: str) -> str:
        controls(page).get_by_role("button", name=format_).click()
        page.wait_for_function("document.querySelector('[role=status]').textContent.startsWith('Copied')")
        return page.evaluate("navigator.clipboard.readText()")

    return copy


PERMISSIONS = ["clipboard-read", "clipboard-write"]


def test_copies_are_what_the_files_have(opened: Any, copied: Any, report_page: Path) -> None:
    page = opened(permissions=PERMISSIONS)
    for format_, file in (("Markdown", "tables.md"), ("LaTeX", "table1.tex")):
        (row,) = [line for line in copied(page, format_).splitlines() if "SE-ResNet50" in line]
        written = (report_page.parent / file).read_text()
        # Under a copied table there are no footnotes.
        written = re.sub(r"--\$\^\{\d+\}\$", r"{\\scriptsize all 3 classes}", written)
        assert row in written.splitlines()


def test_copies_are_of_what_is_shown(opened: Any, copied: Any) -> None:
    page = opened(permissions=PERMISSIONS)
    controls(page).get_by_role("combobox", name="Attention").select_option("SE")
    controls(page).get_by_role("radio", name="paper").check(force=True)
    controls(page).locator(".columns summary").click()
    controls(page).get_by_role("group", name="Baseline", exact=True).get_by_label("Top-5").uncheck()
    head, row = copied(page, "CSV").splitlines()
    assert row.startswith("ResNet50,SE-ResNet50,71.29,28.09,4.13,not in paper,71.55,90.65,")
    assert head.startswith('Backbone,Network,"Baseline Top-1 (% ↑), paper","Baseline Params (M ↓), paper",')
    latex = copied(page, "LaTeX")
    assert r"\cmidrule(lr){2-5} \cmidrule(lr){6-10}" in latex
    assert "48.25" not in latex


def test_copying_without_a_clipboard_interface(opened: Any, report_page: Path) -> None:
    page = opened(permissions=PERMISSIONS)
    page.evaluate("Object.defineProperty(navigator, 'clipboard', { value: undefined })")
    controls(page).get_by_role("button", name="CSV").click()
    assert status(page) == "Copied 3 rows as CSV."
    other = page.context.new_page()
    other.goto(report_page.as_uri())
    assert "SE-ResNet50" in other.evaluate("navigator.clipboard.readText()")


def test_a_number_tells_how_it_was_made(opened: Any) -> None:
    page = opened()
    row = page.locator("#table1 tr", has_text="SE-ResNet50")
    row.locator(".ours .made").first.click()
    dialog = page.get_by_role("dialog", name="SE-ResNet50: Baseline, Top-1")
    text = dialog.inner_text()
    for part in (
        "ours, made-up data: 48.25 %",
        "dcanet train se_resnet50 --seed 0",
        "dcanet evaluate se_resnet50 --seed 0",
        "2025-01-02 03:04:05",
        "eval/metrics.json",
        "f" * 64,
        "statistics.json",
    ):
        assert part in text
    dialog.locator("summary").first.click()
    for part in ("abc1234", "torch version", "2.14.1", "made-up"):
        assert part in dialog.inner_text()
    page.keyboard.press("Escape")
    assert not dialog.is_visible()
    assert row.locator(".ours .made").first.evaluate("button => button === document.activeElement")


def test_a_printed_number_names_its_source(opened: Any) -> None:
    page = opened()
    page.locator("#table1 tr", has_text="SE-ResNet50").locator(".paper .made").nth(2).click()
    dialog = page.get_by_role("dialog")
    assert "Printed in Table 1 of Deep Connected Attention Networks" in dialog.inner_text()
    assert "counted at ImageNet's 1,000 classes" in dialog.inner_text()
    dialog.get_by_role("button", name="Close").click()
    assert not dialog.is_visible()


def test_everything_by_keyboard(opened: Any) -> None:
    page = opened()
    press = page.keyboard.press
    controls(page).get_by_role("radio", name="both").focus()
    press("ArrowRight")
    assert page.locator("#table1").get_attribute("data-shown") == "ours"
    press("ArrowLeft")
    heading(page, "Baseline", "Top-1").get_by_role("button").focus()
    press("Enter")
    assert names(page)[0] == "SE-ResNet50"
    last = page.locator("#table1 thead button").last
    last.focus()
    # The name's link, then the numbers of the whole table as one stop, where the first is of the paper's.
    stops = page.locator("#table1 .made[tabindex='0']")
    assert stops.count() == 1
    stops.focus()
    press("Home")
    first = page.locator(":focus").inner_text()
    press("ArrowRight")
    press("ArrowLeft")
    assert page.locator(":focus").inner_text() == first
    press("ArrowDown")
    press("ArrowUp")
    press("Enter")
    assert page.get_by_role("dialog").is_visible()
    press("Escape")
    assert page.locator(":focus").inner_text() == first
    press("End")
    assert stops.count() == 1
    press("Tab")
    assert page.locator(":focus").evaluate("element => !element.matches('.made')")
