"""The report in a real browser: offline, without errors, readable."""

from pathlib import Path

import numpy as np
import pytest
from made_up import (
    detector,
    plain_pair,
    run_folder,
    se_pair,
    write_costs,
    write_epochs,
    write_run,
    write_speeds,
)
from prediction_sets import correlated, predictions_of, write_evaluation

from dcanet.report import render
from dcanet.statistics.experiment import experiment_statistics
from dcanet.statistics.settings import Settings

CHROMIUM = Path("/usr/bin/chromium")


@pytest.mark.browser
@pytest.mark.skipif(not CHROMIUM.exists(), reason=f"{CHROMIUM} is not installed")
@pytest.mark.parametrize(("width", "scheme"), [(1400, "light"), (400, "dark")])
def test_the_page_opens_offline(tmp_path: Path, width: int, scheme: str) -> None:
    playwright = pytest.importorskip("playwright.sync_api")
    rights = correlated(np.random.default_rng(0), 400, (0.5, 0.8))
    for model, right in zip(("se_resnet50", "dca_se_resnet50"), rights, strict=True):
        write_run(tmp_path, model)
        folder = run_folder(tmp_path, model, 0) / "eval"
        write_evaluation(folder, predictions_of(right), model, top1_percent=100 * float(right.mean()))
        write_epochs(run_folder(tmp_path, model, 0), [6.0, 4.0, 3.5], [10.0, 30.0, 40.0])
    write_costs(tmp_path, {"se_resnet50": 28_088_024, "dca_se_resnet50": 28_650_000})
    write_speeds(tmp_path, "se_resnet50", ["se_resnet50", "dca_se_resnet50"])
    pairs = [plain_pair(), se_pair()]
    statistics = experiment_statistics(tmp_path, pairs, [], Settings(resamples=100))
    statistics.save(tmp_path / "statistics.json")
    index = render(
        tmp_path,
        pairs,
        [detector("plain", None, 36.2)],
        tmp_path / "out",
        "made_up",
        "made-up data",
        "made-up scenes",
    )
    requests: list[str] = []
    errors: list[str] = []
    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=str(CHROMIUM), args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": width, "height": 900}, color_scheme=scheme)
        page.on("request", lambda request: requests.append(request.url))
        page.on("console", lambda message: errors.append(message.text))
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.goto(index.as_uri())
        assert page.locator("#table1").is_visible()
        assert page.locator("#table2").is_visible()
        assert page.get_by_role("img", name="Validation top-1 (%) of SE-ResNet50").is_visible()
        assert page.get_by_role("img", name="Difference of top-1 in points").is_visible()
        assert page.locator("#table1 .verdict.better").is_visible()
        assert page.evaluate("document.documentElement.scrollWidth") == width
        page.locator(".scroll").first.evaluate("box => { box.scrollLeft = 200 }")
        name = page.locator("#table1 tbody th.name").first.bounding_box()
        assert name is not None
        assert name["x"] >= 0
        browser.close()
    assert [url for url in requests if not url.startswith("data:")] == [index.as_uri()]
    assert errors == []
