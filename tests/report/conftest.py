"""One browser for all tests that open the report, and one report for most of them."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from experiments import rendered, small

CHROMIUM = Path("/usr/bin/chromium")
Opener = Callable[..., Any]


@pytest.fixture(scope="session")
def report_page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The index.html of a small made-up experiment."""
    results = tmp_path_factory.mktemp("shown") / "made_up"
    pairs, detectors = small(results)
    return rendered(results, pairs, detectors, results.parent / "out")


@pytest.fixture(scope="session")
def chromium() -> Iterator[Any]:
    playwright = pytest.importorskip("playwright.sync_api")
    if not CHROMIUM.exists():
        pytest.skip(f"{CHROMIUM} is not installed")
    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=str(CHROMIUM), args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture
def opened(chromium: Any, report_page: Path) -> Iterator[Opener]:
    """Opens the report without a network; at the end nothing was asked for and nothing went wrong."""
    contexts, asked, wrong = [], [], []
    shown: set[str] = set()

    def open_(address: str = "", width: int = 1400, report: Path = report_page, **settings: Any) -> Any:
        context = chromium.new_context(viewport={"width": width, "height": 900}, **settings)
        contexts.append(context)
        context.set_offline(True)
        page = context.new_page()
        page.on("request", lambda request: asked.append(request.url))
        page.on("console", lambda message: wrong.append(message.text))
        page.on("pageerror", lambda error: wrong.append(str(error)))
        shown.add(report.as_uri())
        page.goto(report.as_uri() + address)
        return page

    yield open_
    for context in contexts:
        context.close()
    assert {url.partition("#")[0] for url in asked if not url.startswith("data:")} <= shown
    assert wrong == []
