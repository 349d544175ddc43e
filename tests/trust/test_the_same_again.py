"""A workflow that is run twice gives the same again, to the last bit, but for what depends on a clock."""

import csv
import json
import re
from pathlib import Path
from typing import Any

import pytest
from working_copy import RECIPE, keep_pairs, snakemake, working_copy

pytestmark = [pytest.mark.slow, pytest.mark.e2e]
#: A part of an epoch in batches that stay finite with every seed on every machine.
GENTLE = RECIPE | {"batch_size": 32, "epochs": 0.2}
#: What both runs have, and how many files of it.
FILES = {
    "results/tiny/classification/*/seed0/train/model.safetensors": 2,
    "results/tiny/classification/*/seed0/eval/predictions.parquet": 2,
    "results/tiny/classification/*/seed0/eval/metrics.json": 2,
    "results/tiny/statistics.json": 1,
    "results/tiny/profile/*.json": 3,
    "results/tiny/focus/*.json": 1,
    "data/*/dataset.json": 1,
}
#: Columns of the tables that were measured by the clock.
TIMED = re.compile("throughput|latency|images_per_second|overhead|speed|energy|memory")


def test_a_workflow_run_twice(tmp_path: Path) -> None:
    first, second = roots = [tmp_path / name for name in ("first", "second")]
    for root in roots:
        working_copy(root, GENTLE, pairs=["se_mobilenet_v2"])
        keep_pairs(root, "mobilenet_v2", "se_mobilenet_v2")
        done = snakemake(root)
        assert done.returncode == 0, done.stderr
    for pattern, count in FILES.items():
        names = sorted(path.relative_to(first) for path in first.glob(pattern))
        assert len(names) == count, pattern
        assert names == sorted(path.relative_to(second) for path in second.glob(pattern))
        for name in names:
            assert content(first / name) == content(second / name), name
    compare_tables(first / "report/table1.csv", second / "report/table1.csv")


def content(path: Path) -> Any:
    """Its bytes; of a document all but when it was made, and the checksum, which is over that too."""
    if path.suffix != ".json":
        return path.read_bytes()
    document = json.loads(path.read_text())
    del document["checksum"]
    for time in ("started", "ended"):
        document.get("provenance", {}).pop(time, None)
    return document


def compare_tables(first: Path, second: Path) -> None:
    """Every cell is the same but for the columns of times."""
    compared = 0
    with first.open() as one, second.open() as other:
        for row, again in zip(csv.DictReader(one), csv.DictReader(other), strict=True):
            for column in (column for column in row if not TIMED.search(column)):
                assert row[column] == again[column], column
                compared += bool(row[column])
    assert compared > 50
