"""Extra test sets in the report: intervals and verdicts in the cells, and a listing of the tests."""

import csv
from pathlib import Path

import numpy as np
import pytest
from made_up import plain_pair, run_folder, se_pair
from prediction_sets import correlated, predictions_of, write_evaluation, write_relabelled

from dcanet.comparison_documents import AccuracyStatistics, TableStatistics, Top1Comparison
from dcanet.report import render
from dcanet.report.noise import noise_chapter
from dcanet.report.stored import Stored, load
from dcanet.report.table import Cell, Column, Table, Value
from dcanet.report.table1 import table1
from dcanet.statistics.experiment import experiment_statistics
from dcanet.statistics.settings import Settings

BASELINE, CONNECTED = "se_resnet50", "dca_se_resnet50"
PAIRS = [plain_pair(), se_pair()]
SETS = {"sketch": "test_top1", "real": "real_top1"}


def write(results: Path, model: str, right: np.ndarray, seed: int = 0) -> None:
    folder = run_folder(results, model, seed)
    numbers = {"top1_percent": 100 * float(right.mean())}
    write_evaluation(folder / "eval", predictions_of(right), model, seed, **numbers)
    write_evaluation(folder / "test-sketch", predictions_of(right), model, seed, dataset="sketch", **numbers)
    write_relabelled(folder / "test-real", right[:300], model, seed)


def compare(results: Path) -> TableStatistics:
    found = experiment_statistics(results, PAIRS, [], Settings(resamples=50))
    found.save(results / "statistics.json")
    return found


@pytest.fixture
def results(tmp_path: Path) -> Path:
    """The connected network is far better on every set."""
    folder = tmp_path / "results" / "made_up"
    rights = correlated(np.random.default_rng(0), 400, (0.5, 0.8))
    for model, right in zip((BASELINE, CONNECTED), rights, strict=True):
        write(folder, model, right)
    return folder


def read(results: Path) -> tuple[Stored, Table]:
    stored = load(results, PAIRS, None)
    return stored, table1(PAIRS, stored, "made-up data")


def cell(table: Table, group: str, metric: str) -> tuple[Column, Cell]:
    row = next(row for _, row in table.rows if row.name == "SE-ResNet50")
    return next(
        (column, cell)
        for (found, column), cell in zip(table.columns, row.cells, strict=True)
        if (found.key, column.metric.key) == (group, metric)
    )


@pytest.mark.parametrize(("test", "metric"), SETS.items())
def test_cells(results: Path, test: str, metric: str) -> None:
    statistics = compare(results)
    _, table = read(results)
    known, compared = statistics.tests[test].models[CONNECTED], statistics.tests[test].pairs[BASELINE]
    assert isinstance(known, AccuracyStatistics)
    assert isinstance(compared, Top1Comparison)
    _, found = cell(table, "dca", metric)
    assert isinstance(found.ours, Value)
    assert found.ours.number == pytest.approx(known.top1.value)
    assert found.ours.interval == known.top1.interval
    assert "statistics.json" in found.jobs
    column, found = cell(table, "delta", metric)
    assert isinstance(found.ours, Value)
    assert found.ours.interval == compared.top1.interval
    assert found.ours.judgement
    assert found.ours.judgement.text == "▲ better"
    assert found.ours.judgement.p_adjusted == compared.p_adjusted
    assert "over the pairs on this test set alone" in column.metric.description


def test_all_formats(results: Path) -> None:
    statistics = compare(results)
    index = render(results, PAIRS, [], results.parent / "out", "made_up", "data", "scenes")
    compared = statistics.tests["real"].pairs[BASELINE]
    assert isinstance(compared, Top1Comparison)
    with open(index.parent / "table1.csv", newline="") as file:
        row = next(row for row in csv.DictReader(file) if row["row"] == "SE-ResNet50")
    for metric in ("test_top1_sketch", "real_top1"):
        assert row[f"ours_delta_{metric}_verdict"] == "better"
        assert float(row[f"ours_delta_{metric}_p_adjusted"]) < 0.05
    assert float(row["ours_delta_real_top1_points_low"]) == pytest.approx(compared.top1.low)
    text = f"[+{compared.top1.low:.2f}, +{compared.top1.high:.2f}]"
    assert text in index.read_text()
    assert text in (index.parent / "tables.md").read_text().replace("\\", "")
    assert text in (index.parent / "table1.tex").read_text().replace("{", "").replace("}", "")


def test_the_chapter(results: Path) -> None:
    statistics = compare(results)
    stored, table = read(results)
    chapter = noise_chapter(PAIRS, [], stored)
    listing = next(found for found in chapter.listings if found.key == "noise-tests")
    assert [row[:3] for row in listing.rows] == [
        ("ReaL", "SE-ResNet50", "300"),
        ("Sketch", "SE-ResNet50", "400"),
    ]
    for row, test in zip(listing.rows, ("real", "sketch"), strict=True):
        compared = statistics.tests[test].pairs[BASELINE]
        assert isinstance(compared, Top1Comparison)
        shown = dict(zip((column.label for column in listing.columns), row, strict=True))
        assert (shown["Gained"], shown["Lost"]) == (str(compared.gained), str(compared.lost))
        assert shown["Verdict"] == "▲ better"
    assert any("judged for themselves" in note for note in table.notes)
    assert not any("Without intervals" in note for note in table.notes)


def test_several_trainings(results: Path) -> None:
    rights = correlated(np.random.default_rng(1), 400, (0.5, 0.8))
    for model, right in zip((BASELINE, CONNECTED), rights, strict=True):
        write(results, model, right, seed=1)
    statistics = compare(results)
    stored, table = read(results)
    (listing,) = [
        found for found in noise_chapter(PAIRS, [], stored).listings if found.key == "noise-test-seeds"
    ]
    assert [row[:2] for row in listing.rows] == [("ReaL: SE-ResNet50", "2"), ("Sketch: SE-ResNet50", "2")]
    _, found = cell(table, "baseline", "real_top1")
    known = statistics.tests["real"].models[BASELINE]
    assert isinstance(known, AccuracyStatistics)
    assert isinstance(found.ours, Value)
    assert (found.ours.seeds, found.ours.interval) == ((0, 1), known.top1.interval)
    assert found.ours.sd


def test_a_set_that_the_statistics_do_not_know(results: Path) -> None:
    statistics = compare(results)
    statistics.model_copy(update={"tests": {"real": statistics.tests["real"]}}).save(
        results / "statistics.json"
    )
    stored, table = read(results)
    _, found = cell(table, "delta", "test_top1")
    assert isinstance(found.ours, Value)
    assert (found.ours.interval, found.ours.judgement) == (None, None)
    assert any("nothing of them: sketch; run `dcanet statistics` again" in note for note in table.notes)
    notes = noise_chapter(PAIRS, [], stored).notes
    assert "SE-ResNet50 on Sketch: not compared: not in statistics.json." in notes


def test_statistics_of_other_results(results: Path) -> None:
    compare(results)
    write_relabelled(run_folder(results, CONNECTED, 0) / "test-real", np.arange(300) % 7 > 0, CONNECTED)
    stored, _ = read(results)
    expected = f"statistics.json is of other results of {CONNECTED} on real than those shown"
    assert any(expected in warning for warning in stored.warnings)


def test_what_cannot_be_compared_says_why(results: Path) -> None:
    write_relabelled(run_folder(results, CONNECTED, 0) / "test-real", np.arange(200) % 7 > 0, CONNECTED)
    compare(results)
    stored, table = read(results)
    _, found = cell(table, "delta", "real_top1")
    assert isinstance(found.ours, Value)
    assert found.ours.judgement is None
    notes = noise_chapter(PAIRS, [], stored).notes
    assert any(
        note.startswith("SE-ResNet50 on ReaL: not compared: ") and "different images" in note
        for note in notes
    )


def test_statistics_of_an_older_version(results: Path) -> None:
    compare(results)
    path = results / "statistics.json"
    path.write_text(path.read_text().replace('"schema_version": 3', '"schema_version": 1'))
    stored, _ = read(results)
    (warning,) = [text for text in stored.warnings if "version" in text]
    assert warning.startswith(f"{path}: is of schema version 1, and this version reads 3; compare again")
