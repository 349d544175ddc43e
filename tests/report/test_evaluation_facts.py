"""What Table 1 shows of an evaluation beyond its accuracy: other test sets, calibration, epochs, scope."""

import csv
from pathlib import Path

import pytest
from made_up import detector, plain_pair, run_folder, se_pair, write_run, write_test

from dcanet.report import render
from dcanet.report.remarks import remarks
from dcanet.report.stored import load
from dcanet.report.table import Cell, Missing, Table, Value
from dcanet.report.table1 import table1

BASELINE, CONNECTED = "se_resnet50", "dca_se_resnet50"
LAST, BEST = {"epoch": 100, "top1_percent": 75.9}, {"epoch": 87, "top1_percent": 76.12}


def build(results: Path) -> Table:
    return table1([plain_pair(), se_pair()], load(results, [plain_pair(), se_pair()], None), "made-up data")


def keys(table: Table) -> list[str]:
    return [column.key for column in table.groups[0].columns]


def page(results: Path) -> Path:
    pairs = [plain_pair(), se_pair()]
    return render(
        results, pairs, [detector("plain", None, 36.2)], results.parent / "out", "x", "made-up data", "z"
    )


@pytest.fixture
def results(tmp_path: Path) -> Path:
    for model in (BASELINE, CONNECTED):
        write_run(tmp_path / "results", model)
    return tmp_path / "results"


def test_no_column_without_a_result(results: Path) -> None:
    assert keys(build(results).only(detail=False)) == ["top1", "top5", "params", "macs", "throughput"]
    assert "ImageNetV2" not in page(results).read_text()


def test_a_column_for_each_test_set(results: Path) -> None:
    write_test(results, BASELINE, "imagenetv2", top1=63.25)
    write_test(results, BASELINE, "real", top1=82.5, images=993)
    write_test(results, CONNECTED, "real", top1=83.0, images=993)
    write_test(results, CONNECTED, "my own", top1=1.5)
    table = build(results)
    tests = ["test_top1_imagenetv2", "test_top1_my own", "real_top1"]
    assert keys(table.only(detail=False)) == ["top1", "top5", *tests, "params", "macs", "throughput"]
    baseline, connected, delta = _cells(table, "SE-ResNet50")
    assert baseline["test_top1_imagenetv2"].ours == Value(63.25, seeds=(0,))
    assert connected["test_top1_imagenetv2"].ours == Missing("not run yet")
    assert delta["real_top1"].ours == Value(0.5)
    assert connected["real_top1"].paper == Missing("not in paper")

    index = page(results)
    html, markdown = index.read_text(), (index.parent / "tables.md").read_text()
    for text in (html, markdown):
        assert "63.25" in text
        assert "ReaL top-1" in text
        assert "ImageNetV2" in text
    assert "993 images, without 7 that have no label" in html
    assert f"dcanet evaluate-imagenetv2 {BASELINE}" in html
    assert f"{BASELINE}/seed0/test-real/metrics.json" in html
    row = _csv_row(index)
    assert row["ours_baseline_test_top1_imagenetv2_percent"] == "63.25"
    assert row["ours_dca_real_top1_percent"] == "83"


def test_a_failed_test_names_its_log(results: Path) -> None:
    write_test(results, BASELINE, "sketch")
    log = results.parent / "logs" / "evaluate" / f"{CONNECTED}-seed0-sketch.log"
    log.parent.mkdir(parents=True)
    log.touch()
    table = table1([se_pair()], load(results, [se_pair()], results.parent / "logs"), "made-up data")
    _, connected, _ = _cells(table, "SE-ResNet50")
    assert connected["test_top1_sketch"].ours == Missing("failed or unfinished", f"see {log}")


def test_calibration_stands_below_the_table(results: Path) -> None:
    write_run(results, CONNECTED, nll=0.25, ece_percent=1.5)
    index = page(results)
    row = _csv_row(index)
    assert (row["ours_baseline_nll_nats"], row["ours_dca_nll_nats"]) == ("0.3", "0.25")
    assert row["ours_delta_ece_points"] == "-1"
    html = index.read_text()
    main, details = html.split('<table id="table1-details"')
    assert "0.250" in details
    assert "0.250" not in main
    assert "NLL" not in (index.parent / "tables.md").read_text()


@pytest.mark.parametrize(
    ("values", "remark"),
    [
        (
            {"selected": "last", "last_epoch": LAST, "best_epoch": BEST},
            "last epoch; best on val was epoch 87: 76.1 %",
        ),
        (
            {"selected": "last", "last_epoch": BEST, "best_epoch": BEST},
            "last epoch, also the best on val (76.1 %)",
        ),
        (
            {"selected": "best", "last_epoch": LAST, "best_epoch": BEST},
            "epoch 87, the best on val: 76.1 %; last was epoch 100: 75.9 %",
        ),
        ({"selected": "last"}, None),
        ({"bad_images_skipped": 3}, "3 broken images left out"),
    ],
)
def test_remarks_of_a_run(results: Path, values: dict[str, object], remark: str | None) -> None:
    write_run(results, BASELINE, **values)
    expected = (f"{BASELINE}: {remark}.",) if remark else ()
    assert remarks(se_pair(), load(results, [se_pair()], None)) == expected
    assert not remark or remark in page(results).read_text()


def test_remarks_name_the_seed_of_several(results: Path) -> None:
    for seed in (0, 1):
        write_run(results, BASELINE, seed, selected="last", last_epoch=LAST, best_epoch=BEST)
    (remark,) = remarks(se_pair(), load(results, [se_pair()], None))
    assert "seed 0: last epoch; best" in remark
    assert "seed 1: last epoch; best" in remark


def test_some_of_the_classes(results: Path) -> None:
    write_run(results, BASELINE, of_classes=1000)
    scope = "The images are of 10 of ImageNet's 1,000 classes, evaluated over all 1,000 outputs"
    assert f"{scope}: {BASELINE}." in build(results).notes
    write_run(results, CONNECTED, of_classes=1000)
    assert f"{scope}: every model of ours." in build(results).notes


@pytest.mark.parametrize("classes", [2, 5, 6])
def test_top5_of_few_classes_is_no_number(results: Path, classes: int) -> None:
    for model in (BASELINE, CONNECTED):
        write_run(results, model, of_classes=classes, classes=classes)
    few = Missing(f"all {classes} classes")
    baseline, connected, delta = _cells(build(results), "SE-ResNet50")
    assert (baseline["top5"].ours == few) == (connected["top5"].ours == few) == (classes < 6)
    assert delta["top5"].ours == (few if classes < 6 else Value(0.0))
    assert baseline["top1"].ours == Value(90.0, seeds=(0,))


def test_a_test_of_other_weights_is_warned_of(results: Path) -> None:
    write_test(results, BASELINE, "sketch", weights_sha256="0" * 64)
    warnings = load(results, [se_pair()], None).warnings
    assert f"{BASELINE}, seed 0: the result on sketch is of other weights" in warnings


def test_metrics_of_an_older_version(results: Path) -> None:
    path = run_folder(results, BASELINE, 0) / "eval/metrics.json"
    path.write_text(
        path.read_text().replace('"schema_version": 3', '"schema_version": 1').replace('"nll"', '"loss"')
    )
    (warning,) = [text for text in load(results, [se_pair()], None).warnings if "version" in text]
    assert warning == (
        f"{path}: is of schema version 1, and this version reads 3; "
        "evaluate again: delete the file, or run `dcanet evaluate`"
    )


def _cells(table: Table, name: str) -> list[dict[str, Cell]]:
    """The row's cells by their column's key, for each group."""
    cells = iter(next(row for _, row in table.rows if row.name == name).cells)
    return [{column.key: next(cells) for column in group.columns} for group in table.groups]


def _csv_row(index: Path) -> dict[str, str]:
    with open(index.parent / "table1.csv", newline="") as file:
        return next(row for row in csv.DictReader(file) if row["row"] == "SE-ResNet50")
