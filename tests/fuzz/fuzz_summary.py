"""Counts the cases of the fuzz suite over all processes, and fails a whole run that tried too few."""

import os

import pytest
from whole_suites import asks_for

LEAST = round(100_000 * float(os.environ.get("FUZZ_TIMES", "1")))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    counts = _counts(terminalreporter)
    if not counts:
        return
    terminalreporter.section("fuzz: cases without a crash, a hang or code run")
    for target, count in sorted(counts.items()):
        terminalreporter.line(f"{count:9,}  {target}")
    total = sum(counts.values())
    terminalreporter.line(f"{total:9,}  in all, of {len(counts)} targets")
    if _is_whole(config) and total < LEAST:
        terminalreporter.line(f"too few: a whole run has at least {LEAST:,}", red=True)


def pytest_sessionfinish(session: pytest.Session) -> None:
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if reporter is None or not _is_whole(session.config) or session.exitstatus != pytest.ExitCode.OK:
        return
    if sum(_counts(reporter).values()) < LEAST:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def _counts(reporter: pytest.TerminalReporter) -> dict[str, int]:
    """Cases by test: of the report of its end, which comes after those of its run."""
    found = {}
    for report in [each for reports in reporter.stats.values() for each in reports]:
        for name, value in getattr(report, "user_properties", ()):
            if name == "fuzz_cases":
                found[report.nodeid.removeprefix("tests/fuzz/")] = value
    return found


def _is_whole(config: pytest.Config) -> bool:
    """Whether this is the suite as CI runs it, in the process that sees all reports."""
    return asks_for(config, "fuzz") and not hasattr(config, "workerinput")
