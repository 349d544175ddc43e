"""The page of a pair has everything that is known of it, and its own keys."""

from pathlib import Path

import pytest
from experiments import small

from dcanet.report.chapter import Listing
from dcanet.report.chart import Chart
from dcanet.report.pair_page import Drawn, PairPage, detector_pages, pair_pages
from dcanet.report.reproduction import detector_recipes, recipes
from dcanet.report.stored import load
from dcanet.report.stored_detection import load_detection
from dcanet.report.table1 import table1
from dcanet.report.table2 import table2

CHART = Chart("made-up-chart", "A chart", "Says nothing.", {}, ())


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, PairPage]:
    results = tmp_path_factory.mktemp("experiment")
    pairs, detectors = small(results)
    stored, detection = load(results, pairs, None), load_detection(results, detectors, None)
    first = table1(pairs, stored, "made-up data")
    second = table2(detectors, detection, "made-up scenes", stored.statistics)
    drawn = Drawn(charts={"se_resnet50": (CHART,)})
    made = [
        *pair_pages(pairs, first, stored, recipes(pairs, stored), drawn),
        *detector_pages(detectors, second, detection, detector_recipes(detectors, detection), {}),
    ]
    return {page.key: page for page in made}


def listing(page: PairPage, key: str) -> Listing:
    return next(found for found in page.listings if found.key == f"{page.key}-{key}")


def test_every_row_has_a_page(pages: dict[str, PairPage]) -> None:
    assert list(pages) == [
        "pair-resnet50",
        "pair-se_resnet50",
        "pair-ge_mobilenet_v2",
        "pair-plain",
        "pair-se",
    ]


def test_keys_are_unique(pages: dict[str, PairPage]) -> None:
    keys = [found.key for page in pages.values() for found in page.listings]
    assert len(keys) == len(set(keys)) > 10


def test_the_difference_stands_out(pages: dict[str, PairPage]) -> None:
    page = pages["pair-se_resnet50"]
    assert page.networks == ("dca_se_resnet50", "se_resnet50")
    top1 = page.highlights[0]
    assert (top1.number, top1.unit, top1.what) == ("+31.75", "points", "Top-1")
    assert top1.notes == ("[+26.35, +37.13]", "▲ better", "paper +0.26 points")
    overhead = page.highlights[-1]
    assert (overhead.number, overhead.notes[-1]) == ("+2.0", "not in paper")


def test_numbers_of_both_sides(pages: dict[str, PairPage]) -> None:
    numbers = listing(pages["pair-se_resnet50"], "numbers")
    rows = {row[0]: row[1:] for row in numbers.rows}
    assert rows["Params, M"] == ("28.09", "28.09", "28.65", "28.65", "+0.56 M", "+0.56 M")
    assert "NLL, nats" in rows
    plain = listing(pages["pair-resnet50"], "numbers")
    assert [column.label for column in plain.columns] == ["Metric", "Baseline, ours", "Baseline, paper"]


def test_the_connection_stands_alone(pages: dict[str, PairPage]) -> None:
    costs = listing(pages["pair-se_resnet50"], "costs")
    column = [heading.label for heading in costs.columns].index("connection")
    shown = {row[0]: row[column] for row in costs.rows}
    # One in a hundred of the made-up parameters.
    assert shown["dca_se_resnet50, parameters"] == "0.29"


def test_history_flips_charts_and_how_to_make_it_again(pages: dict[str, PairPage]) -> None:
    page = pages["pair-se_resnet50"]
    first = listing(page, "history").rows[0]
    assert first == ("se_resnet50, seed 0", "3", "6.000", "3.500", "40.00", "3", "40.00")
    assert len(listing(page, "flips").rows) == 10
    assert page.charts == (CHART,)
    assert page.recipe is not None
    assert "classification/dca_se_resnet50/seed0/eval/metrics.json" in page.recipe.workflow


def test_a_detectors_page(pages: dict[str, PairPage], tmp_path: Path) -> None:
    page = pages["pair-se"]
    assert page.networks == ("se", "plain")
    assert page.highlights[0].number == "+5.0"
    assert page.recipe is not None
    assert pages["pair-plain"].highlights == ()
