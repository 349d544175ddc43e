"""What was planned beside what it took."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from made_up import STARTED, detector, plain_pair, provenance, se_pair, write_detector, write_run, write_test

from dcanet.documents import EpochRecord, write_history
from dcanet.plan_documents import Amounts, Estimate, PlannedDevices, PlannedJob, Stage
from dcanet.report import render
from dcanet.report.chapter import Chapter
from dcanet.report.plan import load_plan, plan_chapter
from dcanet.report.stored import load
from dcanet.report.stored_detection import load_detection

NETWORK, DETECTOR = "se_resnet50", "retinanet_se_resnet50"


def job(stage: Stage, hours: float, network: str = NETWORK, run: str = "seed0", test: str = "") -> PlannedJob:
    return PlannedJob(
        network=network,
        run="" if stage == "profile" else run,
        stage=stage,
        test=test,
        device_hours=hours,
        energy_kwh=hours,
        basis="assumed",
    )


def write_plan(results: Path, *jobs: PlannedJob, unit: Any = "core") -> None:
    hours = sum(job.device_hours for job in jobs)
    Estimate(
        experiment="made-up",
        devices=PlannedDevices(key="made-up", title="made-up device", unit=unit, count=2),
        networks=[],
        jobs=list(jobs),
        total=Amounts(
            device_hours=hours,
            wall_hours=hours / 2,
            energy_kwh=hours,
            kept_bytes=10**9,
            state_bytes=0,
            download_bytes=0,
        ),
        assumptions=["nothing"],
    ).save(results / "plan.json")


def took(folder: Path, hours: float, **values: Any) -> None:
    """Let the stage in this folder have taken so long, on one thread of a processor."""
    ended = STARTED + timedelta(hours=hours)
    provenance("made-up", NETWORK, 0, **{"ended": ended, "threads": 1, **values}).save(
        folder / "provenance.json"
    )


def chapter(results: Path) -> Chapter:
    pairs = [plain_pair(), se_pair()]
    detectors = [detector(DETECTOR, None, 36.0)]
    plan, warnings = load_plan(results)
    assert not warnings
    return plan_chapter(plan, load(results, pairs, None), load_detection(results, detectors, None))


def rows(results: Path) -> dict[str, list[str]]:
    [listing] = chapter(results).listings
    return {name: cells for name, *cells in listing.rows}


def run_folder(results: Path, kind: str = "classification", network: str = NETWORK) -> Path:
    return results / kind / network / "seed0"


def test_no_plan_says_why(tmp_path: Path) -> None:
    found = chapter(tmp_path)
    assert not found.listings
    assert "no plan was made" in found.paragraphs[0]


def test_a_broken_plan_is_a_warning(tmp_path: Path) -> None:
    (tmp_path / "plan.json").write_text("{")
    plan, warnings = load_plan(tmp_path)
    assert len(warnings) == 1
    assert "plan.json" in warnings[0]
    pairs = [se_pair()]
    assert (
        "unreadable"
        in plan_chapter(plan, load(tmp_path, pairs, None), load_detection(tmp_path, [], None)).paragraphs[0]
    )


def test_nothing_has_run(tmp_path: Path) -> None:
    write_plan(tmp_path, job("profile", 1), job("train", 2), job("evaluate", 3))
    assert rows(tmp_path) == {
        "profile": ["0 of 1", "1.00", "", "not run yet", ""],
        "train": ["0 of 1", "2.00", "", "not run yet", ""],
        "evaluate": ["0 of 1", "3.00", "", "not run yet", ""],
        "in all": ["0 of 3", "6.00", "", "not run yet", ""],
    }


def test_ratio_is_of_the_jobs_that_ran(tmp_path: Path) -> None:
    """Trained 6 hours for 4 expected, evaluated 1 for 2; the connected network has not run."""
    jobs = [job(stage, hours, name) for name in (NETWORK, "dca_se_resnet50") for stage, hours in STAGES]
    write_plan(tmp_path, *jobs)
    write_run(tmp_path, NETWORK)
    took(run_folder(tmp_path) / "train", 6)
    took(run_folder(tmp_path) / "eval", 1)
    found = rows(tmp_path)
    assert found["train"] == ["1 of 2", "8.00", "4.00", "6.00", "1.50"]
    assert found["evaluate"] == ["1 of 2", "4.00", "2.00", "1.00", "0.50"]
    assert found["in all"] == ["2 of 4", "12.0", "6.00", "7.00", "1.17"]


STAGES: list[tuple[Stage, float]] = [("train", 4), ("evaluate", 2)]


def test_devices_that_share_a_job_count(tmp_path: Path) -> None:
    """Two ranks of three threads for an hour are six core-hours."""
    write_plan(tmp_path, job("train", 4), job("evaluate", 2))
    write_run(tmp_path, NETWORK)
    took(run_folder(tmp_path) / "train", 1, device="2 x cpu float32", threads=3)
    took(run_folder(tmp_path) / "eval", 1, device="cpu float32, BatchNorm folded", threads=2)
    found = rows(tmp_path)
    assert found["train"][3:] == ["6.00", "1.50"]
    assert found["evaluate"][3:] == ["2.00", "1.00"]


def test_gpu_hours_do_not_count_threads(tmp_path: Path) -> None:
    write_plan(tmp_path, job("train", 4), unit="GPU")
    write_run(tmp_path, NETWORK)
    took(run_folder(tmp_path) / "train", 1, device="8 x cuda bfloat16", threads=3)
    assert rows(tmp_path)["train"][3:] == ["8.00", "2.00"]


def test_another_kind_of_device_is_not_compared(tmp_path: Path) -> None:
    write_plan(tmp_path, job("train", 4), unit="GPU")
    write_run(tmp_path, NETWORK)
    took(run_folder(tmp_path) / "train", 6)
    found = chapter(tmp_path)
    assert found.listings[0].rows[1] == ("train", "1 of 1", "4.00", "", "did not run on a GPU", "")
    assert any("1 of the jobs did not run on a GPU" in note for note in found.notes)


def test_an_interrupted_training_counts_whole(tmp_path: Path) -> None:
    """The process that ended it ran half an hour; its epochs say what it took from the start."""
    write_plan(tmp_path, job("train", 4))
    write_run(tmp_path, NETWORK)
    took(run_folder(tmp_path) / "train", 0.5)
    epoch = EpochRecord(epoch=1, learning_rate=0.1, train_loss=1.0, seconds=3600.0)
    write_history(
        run_folder(tmp_path) / "train" / "history.jsonl", [epoch, epoch.model_copy(update={"epoch": 2})]
    )
    assert rows(tmp_path)["train"][3:] == ["2.00", "0.50"]


def test_test_sets_and_detectors(tmp_path: Path) -> None:
    write_plan(
        tmp_path,
        job("train", 1, DETECTOR),
        job("evaluate", 2, test="imagenetv2"),
        job("evaluate", 4, DETECTOR),
    )
    write_run(tmp_path, NETWORK)
    write_test(tmp_path, NETWORK, "imagenetv2")
    took(run_folder(tmp_path) / "test-imagenetv2", 1)
    write_detector(tmp_path, DETECTOR, [30.0, 31.0, 32.0])
    took(run_folder(tmp_path, "detection", DETECTOR) / "train", 3)
    took(run_folder(tmp_path, "detection", DETECTOR) / "eval", 2)
    found = rows(tmp_path)
    assert found["train"] == ["1 of 1", "1.00", "1.00", "3.00", "3.00"]
    assert found["evaluate"] == ["2 of 2", "6.00", "6.00", "3.00", "0.50"]


def test_jobs_that_were_not_planned_are_told_of(tmp_path: Path) -> None:
    write_plan(tmp_path, job("train", 4))
    write_run(tmp_path, NETWORK)
    assert any("1 of the jobs that ran are not in the plan" in note for note in chapter(tmp_path).notes)


def test_short_work_is_in_minutes(tmp_path: Path) -> None:
    write_plan(tmp_path, job("train", 0.5))
    assert rows(tmp_path)["train"][:2] == ["0 of 1", "30.0"]
    assert "core-min" in chapter(tmp_path).paragraphs[0]


@pytest.mark.parametrize("planned", [True, False])
def test_both_pages_have_it(tmp_path: Path, planned: bool) -> None:
    results = tmp_path / "results"
    results.mkdir()
    if planned:
        write_plan(results, job("train", 4))
    page = render(results, [se_pair()], [], tmp_path / "report", "made-up", "made-up", "made-up")
    expected = "made-up device" if planned else "no plan was made"
    for text in (page.read_text(), page.with_name("tables.md").read_text()):
        assert "Plan and actual" in text
        assert expected in text
