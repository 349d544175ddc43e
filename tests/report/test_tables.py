"""The table model: what stands in which cell, and why a cell is empty."""

import csv
import io
from pathlib import Path

import numpy as np
import pytest
from made_up import (
    classifier,
    detector,
    plain_pair,
    provenance,
    run_folder,
    se_pair,
    write_costs,
    write_detector,
    write_run,
    write_speeds,
)

from dcanet.comparison_documents import ApComparison, ApStatistics
from dcanet.report.answer import answer
from dcanet.report.as_csv import as_csv
from dcanet.report.formatting import shown
from dcanet.report.stored import load
from dcanet.report.stored_detection import load_detection
from dcanet.report.table import Cell, Content, Missing, Table, Value
from dcanet.report.table1 import table1
from dcanet.report.table2 import table2
from dcanet.statistics.experiment import experiment_statistics
from dcanet.statistics.settings import Settings

BASELINE, CONNECTED = "se_resnet50", "dca_se_resnet50"


def answered(table: Table) -> str:
    return " ".join(sentence.text for sentence in answer(table))


def build(results: Path, logs: Path | None = None) -> Table:
    pairs = [plain_pair(), se_pair()]
    return table1(pairs, load(results, pairs, logs), "made-up data")


def cell(table: Table, group: str, metric: str, row: str = "SE-ResNet50") -> Cell:
    return next(cell for found, cell in table.under(group, metric) if found.name == row)


def number(content: Content) -> float:
    assert isinstance(content, Value)
    return content.number


def best(content: Content) -> bool:
    assert isinstance(content, Value)
    return content.best


def test_nothing_run_yet(tmp_path: Path) -> None:
    table = build(tmp_path / "absent")
    for metric in ("top1", "top5", "params", "macs", "throughput"):
        assert cell(table, "baseline", metric).ours == Missing("not run yet")
        change = "overhead" if metric == "throughput" else metric
        assert cell(table, "delta", change).ours == Missing("not run yet")
    assert cell(table, "baseline", "throughput").paper == Missing("not in paper")
    assert number(cell(table, "delta", "top1").paper) == pytest.approx(0.26)
    assert "No pair has been evaluated" in answered(table)


def test_rows_keep_the_order_of_the_sheet(tmp_path: Path) -> None:
    table = build(tmp_path)
    assert [section.name for section in table.sections] == ["ResNet50"]
    assert [row.name for _, row in table.rows] == ["ResNet50", "SE-ResNet50"]
    assert not cell(table, "dca", "top1", "ResNet50").applies
    assert cell(table, "baseline", "top1", "ResNet50").applies


def test_delta_is_of_unrounded_values(tmp_path: Path) -> None:
    write_run(tmp_path, BASELINE, top1=90.004)
    write_run(tmp_path, CONNECTED, top1=90.006)
    assert number(cell(build(tmp_path), "delta", "top1").ours) == pytest.approx(0.002)


def test_several_seeds_are_averaged(tmp_path: Path) -> None:
    for seed, top1 in enumerate((90.0, 91.0, 92.0)):
        write_run(tmp_path, BASELINE, seed, top1)
    table = build(tmp_path)
    assert cell(table, "baseline", "top1").ours == Value(91.0, sd=1.0, seeds=(0, 1, 2))
    assert any("over seeds 0, 1, 2" in note for note in table.notes)


def test_a_single_run_is_called_so(tmp_path: Path) -> None:
    write_run(tmp_path, BASELINE, seed=7)
    table = build(tmp_path)
    assert cell(table, "baseline", "top1").ours == Value(90.0, seeds=(7,))
    assert any("Single run, seed 7" in note for note in table.notes)


def test_a_mean_says_which_seed_it_leaves_out(tmp_path: Path) -> None:
    write_run(tmp_path / "results", BASELINE, seed=0)
    log = tmp_path / "logs" / "train" / f"{BASELINE}-seed1.log"
    log.parent.mkdir(parents=True)
    log.touch()
    stored = load(tmp_path / "results", [se_pair()], tmp_path / "logs")
    assert stored.warnings == (f"{BASELINE}: its mean leaves out seed 1 (failed or unfinished: see {log})",)


def test_best_of_the_pair_is_marked_by_direction_and_source(tmp_path: Path) -> None:
    write_run(tmp_path, BASELINE, top1=91.0)
    write_run(tmp_path, CONNECTED, top1=90.0)
    write_costs(tmp_path, {BASELINE: 28_088_024, CONNECTED: 28_650_000})
    table = build(tmp_path)
    marks = {
        (group, metric): (best(cell(table, group, metric).ours), best(cell(table, group, metric).paper))
        for group in ("baseline", "dca")
        for metric in ("top1", "params")
    }
    assert marks == {
        ("baseline", "top1"): (True, False),
        ("dca", "top1"): (False, True),
        ("baseline", "params"): (True, True),
        ("dca", "params"): (False, False),
    }


def test_equal_values_are_not_marked(tmp_path: Path) -> None:
    write_run(tmp_path, BASELINE)
    write_run(tmp_path, CONNECTED)
    assert not best(cell(build(tmp_path), "baseline", "top1").ours)


def test_delta_of_throughput_is_the_overhead_in_time_for_each_device(tmp_path: Path) -> None:
    for device, overhead in (("cpu", 2.0), ("cuda", 5.0)):
        write_speeds(tmp_path, BASELINE, [BASELINE, CONNECTED], overhead, device)
    table = build(tmp_path)
    assert [c.key for c in table.only(detail=False).groups[2].columns][-2:] == [
        "overhead_cpu",
        "overhead_cuda",
    ]
    assert cell(table, "delta", "overhead").ours == Value(2.0, interval=(1.0, 3.0))
    assert number(cell(table, "baseline", "throughput").ours) == 100
    assert "the time per image by +2.0 % on cpu" in answered(table)


@pytest.mark.parametrize(
    ("log", "group", "metric"),
    [
        (f"train/{BASELINE}-seed0.log", "baseline", "top1"),
        (f"evaluate/{CONNECTED}-seed0.log", "dca", "top5"),
        ("profile/costs.log", "dca", "params"),
        (f"profile/cpu/{BASELINE}.log", "baseline", "throughput"),
    ],
)
def test_a_log_without_a_result_is_named(tmp_path: Path, log: str, group: str, metric: str) -> None:
    path = tmp_path / log
    path.parent.mkdir(parents=True)
    path.touch()
    content = cell(build(tmp_path / "results", tmp_path), group, metric).ours
    assert str(content) == f"failed or unfinished: see {path}"


def test_trained_but_not_evaluated(tmp_path: Path) -> None:
    folder = run_folder(tmp_path, BASELINE, 0)
    provenance("train", BASELINE, 0).save(folder / "train" / "provenance.json")
    assert cell(build(tmp_path), "baseline", "top1").ours == Missing("trained, not evaluated yet")


@pytest.mark.parametrize("text", ["", "{", "[]", '{"schema_version": 2}', "\x00"])
def test_a_broken_file_becomes_the_reason_and_a_warning(tmp_path: Path, text: str) -> None:
    write_run(tmp_path, BASELINE)
    path = run_folder(tmp_path, BASELINE, 0) / "eval" / "metrics.json"
    path.write_text(text)
    content = cell(build(tmp_path), "baseline", "top1").ours
    assert isinstance(content, Missing)
    assert content.reason == "unreadable"
    assert str(path) in content.detail
    assert any(str(path) in warning for warning in load(tmp_path, [se_pair()], None).warnings)


def test_a_result_in_the_wrong_place_is_refused(tmp_path: Path) -> None:
    write_run(tmp_path, BASELINE)
    run_folder(tmp_path, BASELINE, 0).rename(run_folder(tmp_path, BASELINE, 0).with_name("seed3"))
    content = cell(build(tmp_path), "baseline", "top1").ours
    assert "is of seed 0, but its place says 3" in str(content)


def test_mixed_data_recipes_and_weights_are_warned_of(tmp_path: Path) -> None:
    write_run(tmp_path, BASELINE)
    write_run(tmp_path, CONNECTED, data_fingerprint="other", recipe_hash="other", weights_sha256="0" * 64)
    text = "\n".join(load(tmp_path, [se_pair()], None).warnings)
    assert "2 different data sets or preprocessings" in text
    assert "trained with different recipes (other, recipe0123456789)" in text
    assert f"{CONNECTED}, seed 0: the evaluated weights are not those that training left" in text


def test_answer_counts_and_averages(tmp_path: Path) -> None:
    write_run(tmp_path, BASELINE, top1=90.0)
    write_run(tmp_path, CONNECTED, top1=90.47)
    text = answered(build(tmp_path))
    assert "on made-up data" in text
    assert "higher top-1 accuracy in 1 of 1 pairs" in text
    assert "mean difference is +0.47 points" in text
    assert "single run" in text
    assert "may be chance" in text


def test_plain_networks_alone_have_no_answer(tmp_path: Path) -> None:
    assert "nothing to compare" in answered(
        table1([plain_pair()], load(tmp_path, [plain_pair()], None), "made-up data")
    )


def test_our_detectors_have_intervals_and_paired_differences(tmp_path: Path) -> None:
    detectors = [detector("plain", None, 36.2), detector("se", "plain", 37.4), detector("dca", "se", 37.7)]
    write_detector(tmp_path, "plain", [20.0, 18.0, 22.0])
    write_detector(tmp_path, "se", [21.0, 19.0, 23.0])
    stored = load_detection(tmp_path, detectors, None)
    table = table2(detectors, stored, "made-up scenes")
    first, second, third = [found.ours for _, found in table.under("value", "ap")]
    assert isinstance(first, Value)
    assert (first.number, first.interval) == (20.0, (18.0, 22.0))
    assert isinstance(second, Value)
    assert second.best
    assert third == Missing("not run yet")
    _, difference, missing = [found.ours for _, found in table.under("delta", "ap")]
    # Both move together from resample to resample, so the difference does not vary at all.
    assert difference == Value(1.0, interval=(1.0, 1.0))
    assert missing == Missing("not run yet")
    large = [found.ours for _, found in table.under("value", "ap_large")]
    assert isinstance(large[0], Missing)
    assert large[0].reason == "no such object"
    assert not stored.warnings


def test_detectors_on_other_images_have_no_paired_interval(tmp_path: Path) -> None:
    detectors = [detector("plain", None, 36.2), detector("se", "plain", 37.4)]
    write_detector(tmp_path, "plain", [20.0, 18.0, 22.0])
    write_detector(tmp_path, "se", [21.0, 19.0, 23.0, 21.0], data_fingerprint="other0123456789a")
    stored = load_detection(tmp_path, detectors, None)
    _, difference = [found.ours for _, found in table2(detectors, stored, "x").under("delta", "ap")]
    assert difference == Value(1.0)
    assert any("2 different data sets" in warning for warning in stored.warnings)


def test_detectors_of_several_seeds_have_a_spread(tmp_path: Path) -> None:
    detectors = [detector("plain", None, 36.2)]
    write_detector(tmp_path, "plain", [20.0, 18.0, 22.0])
    write_detector(tmp_path, "plain", [22.0, 18.0, 22.0], seed=1)
    table = table2(detectors, load_detection(tmp_path, detectors, None), "x")
    [value] = [found.ours for _, found in table.under("value", "ap")]
    assert isinstance(value, Value)
    assert (value.number, value.seeds, value.interval) == (21.0, (0, 1), None)


def test_detectors_of_several_seeds_have_intervals_and_verdicts(tmp_path: Path) -> None:
    detectors = [detector("plain", None, 36.2), detector("se", "plain", 37.4)]
    random = np.random.default_rng(0)
    common = random.normal(0, 0.5, 200)
    for name, aps in (("plain", (20.0, 20.6, 20.3)), ("se", (29.8, 30.2, 30.0))):
        for seed, ap in enumerate(aps):
            write_detector(tmp_path, name, [ap, *(ap + common + random.normal(0, 0.1, 200))], seed)
    statistics = experiment_statistics(tmp_path, [], detectors, Settings(resamples=50))
    table = table2(detectors, load_detection(tmp_path, detectors, None), "x", statistics)
    known, compared = statistics.average_precision["plain"], statistics.detectors["se"]
    assert isinstance(known, ApStatistics)
    assert isinstance(compared, ApComparison)
    value, _ = [found.ours for _, found in table.under("value", "ap")]
    assert isinstance(value, Value)
    assert value.interval == known.numbers["ap"].interval
    assert (value.sd, value.seeds) == (pytest.approx(0.3), (0, 1, 2))
    _, cell = [found for _, found in table.under("delta", "ap")]
    assert isinstance(cell.ours, Value)
    assert cell.ours.interval == compared.numbers["ap"].interval
    assert cell.ours.judgement
    assert cell.ours.judgement.verdict == "better"
    assert cell.jobs[-1] == "statistics.json"
    column = table.groups[0].columns[0]
    assert shown(value, column).uncertainty.startswith("± 0.3, 3 seeds [")
    assert any(
        "standard deviation over seeds 0, 1, 2. In brackets the 95 % interval" in note for note in table.notes
    )
    row = {row["row"]: row for row in csv.DictReader(io.StringIO(as_csv(table)))}["plain"]
    assert row["ours_value_ap_percent_seeds"] == "0 1 2"
    assert float(row["ours_value_ap_percent_sd"]) == pytest.approx(0.3)
    assert float(row["ours_value_ap_percent_low"]) == pytest.approx(known.numbers["ap"].low)

    # Of other results than those shown, nothing is taken.
    write_detector(tmp_path, "plain", [25.0, 24.0, 26.0])
    table = table2(detectors, load_detection(tmp_path, detectors, None), "x", statistics)
    for group, place in (("value", 0), ("delta", 1)):
        content = [found.ours for _, found in table.under(group, "ap")][place]
        assert isinstance(content, Value)
        assert (content.interval, content.judgement) == (None, None)


def test_a_baseline_of_two_seeds_is_no_pair(tmp_path: Path) -> None:
    """Two of its bootstraps are not the pair's, even where the detector's own cannot be read."""
    detectors = [detector("plain", None, 36.2), detector("se", "plain", 37.4)]
    for seed in (0, 1):
        write_detector(tmp_path, "plain", [20.0 + seed, 18.0, 22.0], seed)
    write_detector(tmp_path, "se", [21.0, 19.0, 23.0])
    (tmp_path / "detection" / "se" / "seed0" / "eval" / "bootstrap.json").write_text("{")
    _, difference = [
        found.ours
        for _, found in table2(detectors, load_detection(tmp_path, detectors, None), "x").under("delta", "ap")
    ]
    assert difference == Value(0.5)


def test_detectors_are_compared_with_their_baseline(tmp_path: Path) -> None:
    detectors = [detector("plain", None, 36.2), detector("se", "plain", 37.4)]
    table = table2(detectors, load_detection(tmp_path, detectors, None), "made-up scenes")
    deltas = [found for _, found in table.under("delta", "ap")]
    assert not deltas[0].applies
    assert number(deltas[1].paper) == pytest.approx(1.2)
    assert deltas[1].ours == Missing("not run yet")
    assert [best(found.paper) for _, found in table.under("value", "ap")] == [False, True]


def test_sections_follow_the_backbones(tmp_path: Path) -> None:
    mobile = classifier("mobilenet_v2", "MobileNetV2", "none", backbone="mobilenet_v2")
    pairs = [
        plain_pair(),
        se_pair(),
        plain_pair().model_copy(update={"id": mobile.id, "row": mobile.row, "baseline": mobile}),
    ]
    table = table1(pairs, load(tmp_path, pairs, None), "made-up data")
    assert [(section.name, len(section.rows)) for section in table.sections] == [
        ("ResNet50", 2),
        ("MobileNetV2", 1),
    ]
