"""Markdown and LaTeX of a small made-up experiment, as they are meant to be.

After a change that is meant, write them anew and read the difference before committing it:

    RENEW_SNAPSHOTS=1 python -m pytest tests/report/test_snapshots.py
"""

import os
from pathlib import Path

import pytest
from experiments import small

from dcanet.report.as_latex import as_latex
from dcanet.report.as_markdown import as_markdown
from dcanet.report.stored import load
from dcanet.report.stored_detection import load_detection
from dcanet.report.table1 import table1
from dcanet.report.table2 import table2

SNAPSHOTS = Path(__file__).parent / "snapshots"


@pytest.fixture(scope="module")
def texts(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    results = tmp_path_factory.mktemp("experiment")
    pairs, detectors = small(results)
    stored = load(results, pairs, None)
    detection = load_detection(results, detectors, None)
    tables = [
        table1(pairs, stored, "made-up data"),
        table2(detectors, detection, "made-up scenes", stored.statistics),
    ]
    kinds = {"md": as_markdown, "tex": as_latex}
    return {f"{table.key}.{kind}": write(table) for table in tables for kind, write in kinds.items()}


@pytest.mark.parametrize("name", ["table1.md", "table1.tex", "table2.md", "table2.tex"])
def test_as_meant(texts: dict[str, str], name: str) -> None:
    path = SNAPSHOTS / name
    if os.environ.get("RENEW_SNAPSHOTS"):
        path.write_text(texts[name], encoding="utf-8")
    assert texts[name] == path.read_text(encoding="utf-8"), "see the top of this file for how to renew it"
