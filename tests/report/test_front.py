"""The front of the report: what has run, and what to know before believing a number."""

from pathlib import Path

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
)

from dcanet.report.alerts import alerts
from dcanet.report.environment import environments
from dcanet.report.progress import Progress, progress, ran, where_to_ask
from dcanet.report.stored import load
from dcanet.report.stored_detection import load_detection
from dcanet.report.table1 import table1
from dcanet.report.table2 import table2
from dcanet.sheets import Pair

BASELINE, CONNECTED = "se_resnet50", "dca_se_resnet50"
DETECTORS = [detector("plain", None, 36.2)]


def mobile_se() -> Pair:
    """A pair whose baseline has another reduction in its first blocks than its connected partner."""
    of_mnas = {"backbone": "mnasnet1_0"}
    baseline = classifier("se_mnasnet1_0", "SE-Mnas1_0", "se", **of_mnas)
    connected = classifier("dca_se_mnasnet1_0", "SE-Mnas1_0", "se", connected=True, **of_mnas)
    return Pair(id=baseline.id, row=baseline.row, baseline=baseline, connected=connected)


def alerted(results: Path, *pairs: Pair) -> str:
    shown = list(pairs) or [plain_pair(), se_pair()]
    stored, detection = load(results, shown, None), load_detection(results, DETECTORS, None)
    tables = [
        table1(shown, stored, "made-up data"),
        table2(DETECTORS, detection, "made-up scenes", stored.statistics),
    ]
    return "\n".join(alerts(shown, stored, detection, tables))


def test_nothing_run_is_nothing_to_warn_of(tmp_path: Path) -> None:
    assert alerted(tmp_path) == ""


def test_other_data_than_the_papers(tmp_path: Path) -> None:
    write_run(tmp_path, BASELINE)
    text = alerted(tmp_path)
    assert "Table 1 is measured on made-up data, not on ImageNet" in text
    assert "Table 2" not in text
    write_detector(tmp_path, "plain", [20.0, 18.0, 22.0])
    assert "Table 2 is measured on made-up scenes, not on COCO val2017" in alerted(tmp_path)


def test_imagenet_is_the_papers_data(tmp_path: Path) -> None:
    write_run(tmp_path, BASELINE, of_classes=1000, classes=1000)
    assert alerted(tmp_path) == ""


def test_uncommitted_changes(tmp_path: Path) -> None:
    write_run(tmp_path, BASELINE, of_classes=1000)
    odd = provenance("evaluate", BASELINE, 0, git_dirty=True, git_commit="0123456789abcdef")
    odd.save(run_folder(tmp_path, BASELINE, 0) / "eval" / "provenance.json")
    text = alerted(tmp_path)
    assert "1 of 2 jobs ran with uncommitted changes on commit 0123456789ab:" in text
    odd.model_copy(update={"git_dirty": None, "git_commit": None}).save(
        run_folder(tmp_path, BASELINE, 0) / "eval" / "provenance.json"
    )
    assert "1 of 2 jobs ran outside of a git checkout" in alerted(tmp_path)


def test_a_pair_that_differs_in_more_than_the_connection(tmp_path: Path) -> None:
    text = alerted(tmp_path, se_pair(), mobile_se())
    assert "1 pair differs in more than the connection: SE-Mnas1_0." in text
    write_run(tmp_path, "se_mnasnet1_0", options={"reduction": 16, "first_reduction": 8}, of_classes=1000)
    assert alerted(tmp_path, se_pair(), mobile_se()) == ""


def test_done_failed_and_pending(tmp_path: Path) -> None:
    results, logs = tmp_path / "results", tmp_path / "logs"
    write_run(results, BASELINE)
    write_costs(results, {BASELINE: 1_000_000}, uncounted={CONNECTED: "out of memory"})
    log = logs / "train" / f"{CONNECTED}-seed0.log"
    log.parent.mkdir(parents=True)
    log.touch()
    pairs = [plain_pair(), se_pair()]
    found = progress(pairs, DETECTORS, load(results, pairs, logs), load_detection(results, DETECTORS, logs))
    assert found == [
        Progress("classifiers evaluated", done=1, failed=1, total=3),
        Progress("classifiers counted", done=1, failed=1, total=3),
        Progress("rows timed", done=0, failed=0, total=2),
        Progress("detectors evaluated", done=0, failed=0, total=1),
    ]
    assert [part.rest for part in found] == [
        "1 failed, 1 pending",
        "1 failed, 1 pending",
        "2 pending",
        "1 pending",
    ]
    assert Progress("all", done=2, failed=0, total=2).rest == ""
    assert where_to_ask(found) == ["2 results failed: dcanet doctor says why, and what to change."]
    assert where_to_ask([Progress("all", done=1, failed=0, total=2)]) == []


def test_what_ran_where(tmp_path: Path) -> None:
    pairs = [se_pair()]
    table = table1(pairs, load(tmp_path, pairs, None), "made-up data")
    assert ran([table], []) == "Table 1 on made-up data."
    made_in = environments([provenance("train", BASELINE, 0), provenance("train", CONNECTED, 0, threads=1)])
    assert ran([table], made_in) == (
        "Table 1 on made-up data; 2025-01-02; processor made-up; commit abc1234."
    )


@pytest.mark.parametrize("text", ["{", "[]"])
def test_what_cannot_be_read_has_failed(tmp_path: Path, text: str) -> None:
    write_run(tmp_path, BASELINE)
    (run_folder(tmp_path, BASELINE, 0) / "eval" / "metrics.json").write_text(text)
    pairs = [se_pair()]
    found = progress(pairs, [], load(tmp_path, pairs, None), load_detection(tmp_path, [], None))
    assert found[0] == Progress("classifiers evaluated", done=0, failed=1, total=2)
