"""The closing table of the faults that were injected and of how they ended; tests/conftest.py has the hooks.

What a test counts travels in its report, so that it arrives from every process of pytest-xdist.
"""

import json
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest
from whole_suites import asks_for

#: Fewer than these in a run of the whole suite fail it.
LEAST = 200
#: How a fault may end.
HEALED, UNMOVED, REFUSED = "healed by rerun", "same numbers", "stopped in one line"
#: Of results, whose place says why it is empty; and of files without a checksum, the user's to change.
TOLD, EDIT = "left out and told", "taken as an edit"
ENDS = (HEALED, UNMOVED, REFUSED, TOLD, EDIT)
_NAME = "faults"


class Faults:
    """Those of one test."""

    def __init__(self, node: pytest.Item) -> None:
        self._node = node

    def count(self, kind: str, where: str, end: str, number: int = 1) -> None:
        """Count faults that were injected and found to have ended so."""
        assert end in ENDS
        self._node.user_properties.append((_NAME, json.dumps([kind, where, end, number])))


def counted(reports: list[Any]) -> Counter[tuple[str, str, str]]:
    """(kind, where, end) -> number, over all reports of tests."""
    found: Counter[tuple[str, str, str]] = Counter()
    for report in reports:
        for name, value in getattr(report, "user_properties", ()):
            if name == _NAME and report.when == "call":
                kind, where, end, number = json.loads(value)
                found[kind, where, end] += number
    return found


def table(found: Counter[tuple[str, str, str]]) -> Iterator[str]:
    """A line for each kind and place, and the sum."""
    rows = sorted({(kind, where) for kind, where, _ in found})
    heading = ("kind", "where", "faults", *ENDS)
    cells = [heading]
    for row in rows:
        ends = [found[*row, end] for end in ENDS]
        cells.append((*row, *(str(number or "-") for number in (sum(ends), *ends))))
    sums = [sum(n for (*_, end), n in found.items() if end == wanted) for wanted in ENDS]
    cells.append(("all", "", *map(str, (sum(sums), *sums))))
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    for line in cells:
        yield "  ".join(
            f"{cell:{'<' if place < 2 else '>'}{widths[place]}}" for place, cell in enumerate(line)
        )


@pytest.hookimpl(trylast=True)
def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    reports = [report for kind in terminalreporter.stats.values() for report in kind]
    if found := counted(reports):
        terminalreporter.section("faults")
        for line in table(found):
            terminalreporter.write_line(line)
    if asks_for(config, _NAME) and found.total() < LEAST:
        terminalreporter.write_line(
            f"FAILED: {found.total()} faults were injected, at least {LEAST} are wanted"
        )


@pytest.hookimpl(tryfirst=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if reporter is None or not asks_for(session.config, _NAME):  # a process of pytest-xdist has none
        return
    reports = [report for kind in reporter.stats.values() for report in kind]
    if counted(reports).total() < LEAST and session.exitstatus == 0:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED
