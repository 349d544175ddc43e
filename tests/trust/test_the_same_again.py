"""A workflow that is run twice gives the same again, to the last bit, but for what depends on a clock."""

import csv
import re
from pathlib import Path

import pytest
from working_copy import snakemake, working_copy

pytestmark = [pytest.mark.slow, pytest.mark.e2e]
PAIR = ["se_mobilenet_v2"]
#: Columns of the tables that were measured by the clock.
TIMED = re.compile("throughput|latency|images_per_second|speed|energy|memory")


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    found = [tmp_path_factory.mktemp("again") / name for name in ("first", "second")]
    for root in found:
        done = snakemake(working_copy(root, pairs=PAIR, seeds=[0, 1]))
        assert done.returncode == 0, done.stderr
    return found


def same(runs: list[Path], pattern: str) -> list[str]:
    """Files of this form, which are there in both runs, and equal."""
    names = [sorted(str(path.relative_to(root)) for path in root.glob(pattern)) for root in runs]
    assert names[0] == names[1]
    for name in names[0]:
        assert (runs[0] / name).read_bytes() == (runs[1] / name).read_bytes(), name
    return names[0]


@pytest.mark.parametrize(
    ("pattern", "count"),
    [
        ("results/tiny/classification/*/seed*/train/model.safetensors", 4),
        ("results/tiny/classification/*/seed*/eval/predictions.parquet", 4),
        ("results/tiny/classification/*/seed*/eval/metrics.json", 4),
        ("results/tiny/statistics.json", 1),
        ("results/tiny/profile/*.json", 3),
        ("results/tiny/focus/*.json", 1),
        ("data/*/dataset.json", 1),
    ],
)
def test_results(runs: list[Path], pattern: str, count: int) -> None:
    assert len(same(runs, pattern)) == count


def test_tables(runs: list[Path]) -> None:
    first, second = (list(csv.DictReader((root / "report/table1.csv").open())) for root in runs)
    compared = 0
    for one, other in zip(first, second, strict=True):
        for column in (column for column in one if not TIMED.search(column)):
            assert one[column] == other[column], column
            compared += bool(one[column])
    assert compared > 50
