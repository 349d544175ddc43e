"""The rule that tells differences from noise, on results that are there already."""

import json

import numpy as np
import pytest
from prediction_sets import correlated, predictions_of, write_evaluation, write_relabelled
from working_copy import snakemake, working_copy

from dcanet.comparison_documents import TableStatistics

PAIR = "se_mobilenet_v2"
TARGET = "results/tiny/statistics.json"
#: Only this rule, so that nothing has to be trained for the predictions.
ALONE = (TARGET, "--allowed-rules", "statistics")

pytestmark = pytest.mark.e2e


@pytest.fixture(scope="module")
def copy(tmp_path_factory):
    root = working_copy(
        tmp_path_factory.mktemp("statistics") / "copy",
        pairs=[PAIR],
        statistics={"alpha": 0.1, "adjust": "fdr_bh", "resamples": 50},
    )
    rights = correlated(np.random.default_rng(0), 300, (0.4, 0.8))
    for model, right in zip((PAIR, f"dca_{PAIR}"), rights, strict=True):
        folder = root / f"results/tiny/classification/{model}/seed0/eval"
        write_evaluation(folder, predictions_of(right), model, top1_percent=100 * float(right.mean()))
    result = snakemake(root, *ALONE)
    assert result.returncode == 0, result.stdout + result.stderr
    return root


def test_the_config_reaches_the_file(copy):
    found = TableStatistics.load(copy / TARGET)
    assert (found.alpha, found.adjustment, found.resamples) == (0.1, "fdr_bh", 50)
    assert found.pairs[PAIR].verdict == "better"
    assert "better" in (copy / "logs/tiny/statistics.log").read_text()


def test_other_settings_compare_again(copy):
    assert "Nothing to be done" in (same := snakemake(copy, "--dry-run", *ALONE)).stdout + same.stderr
    settings = json.dumps({"alpha": 0.01})
    changed = snakemake(copy, "--dry-run", *ALONE, "--config", f"statistics={settings}")
    assert "Params have changed" in changed.stdout + changed.stderr


def test_answers_on_extra_test_sets_are_inputs(tmp_path):
    """Image by image: the predictions, or what is right by other labels; without them nothing is compared."""
    root = tmp_path / "copy"
    tests = {"sketch": "images/sketch", "real": "images/real.json"}
    data = {"name": "folder", "path": "images", "tests": tests}
    working_copy(root, pairs=[PAIR], data=data, statistics={"resamples": 50})
    (root / "images/sketch").mkdir(parents=True)
    (root / "images/real.json").write_text("[]")
    rights = correlated(np.random.default_rng(0), 300, (0.4, 0.8))
    for model, right in zip((PAIR, f"dca_{PAIR}"), rights, strict=True):
        folder = root / f"results/tiny/classification/{model}/seed0"
        write_evaluation(folder / "eval", predictions_of(right), model)
        write_evaluation(folder / "test-sketch", predictions_of(right), model)
        write_relabelled(folder / "test-real", right, model)
    (folder / "test-real/correct.parquet").rename(tmp_path / "kept")
    missing = snakemake(root, *ALONE)
    assert missing.returncode != 0
    assert f"dca_{PAIR}/seed0/test-real/correct.parquet" in missing.stdout + missing.stderr
    (tmp_path / "kept").rename(folder / "test-real/correct.parquet")
    result = snakemake(root, *ALONE)
    assert result.returncode == 0, result.stdout + result.stderr
    found = TableStatistics.load(root / TARGET)
    assert {test: on_it.pairs[PAIR].verdict for test, on_it in found.tests.items()} == {
        "real": "better",
        "sketch": "better",
    }
    assert f"{PAIR} on real: top-1 +" in (root / "logs/tiny/statistics.log").read_text()
