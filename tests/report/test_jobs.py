"""Every number leads to the jobs that made it."""

import hashlib
from pathlib import Path

import pytest
from experiments import small
from made_up import provenance, run_folder, se_pair, write_speeds

from dcanet.profile_documents import Throughput
from dcanet.report.jobs import Job, jobs
from dcanet.report.ledger import Ledger
from dcanet.report.stored import Stored, load
from dcanet.report.stored_detection import StoredDetection, load_detection
from dcanet.report.table import Missing, Table
from dcanet.report.table1 import table1
from dcanet.report.table2 import table2

Experiment = tuple[Path, Stored, StoredDetection, list[Table]]


@pytest.fixture(scope="module")
def experiment(tmp_path_factory: pytest.TempPathFactory) -> Experiment:
    results = tmp_path_factory.mktemp("experiment")
    pairs, detectors = small(results)
    stored, detection = load(results, pairs, None), load_detection(results, detectors, None)
    tables = [table1(pairs, stored, "x"), table2(detectors, detection, "x", stored.statistics)]
    return results, stored, detection, tables


@pytest.fixture(scope="module")
def found(experiment: Experiment) -> dict[str, Job]:
    _, stored, detection, _ = experiment
    return {job.key: job for job in jobs(stored, detection)}


def test_every_number_of_ours_has_its_jobs(experiment: Experiment, found: dict[str, Job]) -> None:
    cells = [cell for table in experiment[3] for _, row in table.rows for cell in row.cells]
    numbers = [cell for cell in cells if not isinstance(cell.ours, Missing)]
    assert len(numbers) > 20
    for cell in numbers:
        assert cell.jobs
        assert set(cell.jobs) <= found.keys()


def test_a_difference_comes_from_both_sides_and_the_test(experiment: Experiment) -> None:
    cell = next(cell for row, cell in experiment[3][0].under("delta", "top1") if row.name == "SE-ResNet50")
    folders = [f"classification/{model}/seed0" for model in ("se_resnet50", "dca_se_resnet50")]
    stages = [f"{folder}/{stage}" for folder in folders for stage in ("train", "eval")]
    assert cell.jobs == (*stages, "statistics.json")


def test_a_job_tells_command_hashes_time_and_files(experiment: Experiment, found: dict[str, Job]) -> None:
    results = experiment[0]
    job = found["classification/se_resnet50/seed0/eval"]
    facts = dict(job.facts)
    assert facts["command"] == "dcanet evaluate se_resnet50 --seed 0"
    assert facts["time"] == "2025-01-02 03:04:05 to 03:04:05 UTC (0.0 s)"
    assert dict(job.environment)["git commit"] == "abc1234"
    assert dict(job.environment)["torch version"] == "2.14.1"
    metrics = run_folder(results, "se_resnet50", 0) / "eval" / "metrics.json"
    assert dict(job.files)[str(metrics)] == hashlib.sha256(metrics.read_bytes()).hexdigest()
    weights = run_folder(results, "se_resnet50", 0) / "train" / "model.safetensors"
    assert dict(found["classification/se_resnet50/seed0/train"].files)[str(weights)] == "f" * 64


def test_files_without_provenance_say_so(found: dict[str, Job]) -> None:
    facts = dict(found["profile/cpu/se_resnet50.json"].facts)
    assert facts["device"] == "made-up processor, 2 threads"
    assert "not in this file" in facts["not recorded"]
    assert "profile/cpu/se_resnet50.json" in facts["made again by"]


def test_a_file_tells_how_it_was_made(tmp_path: Path) -> None:
    write_speeds(tmp_path, "se_resnet50", ["se_resnet50", "dca_se_resnet50"])
    path = tmp_path / "profile/cpu/se_resnet50.json"
    made = provenance("profile", "se_resnet50", None, config_hash="0123456789abcdef")
    Throughput.load(path).model_copy(update={"provenance": made}).save(path)
    stored = load(tmp_path, [se_pair()], None)
    found = {job.key: job for job in jobs(stored, load_detection(tmp_path, [], None))}
    job = found["profile/cpu/se_resnet50.json"]
    facts = dict(job.facts)
    assert facts["command"] == "dcanet profile se_resnet50"
    assert facts["config hash"] == "0123456789abcdef"
    assert facts["setting"] == "inference, batch 1, float32, channels_last"
    assert "not recorded" not in facts
    assert dict(job.environment)["git commit"] == "abc1234"


def test_the_ledger_tells_each_environment_once(found: dict[str, Job]) -> None:
    ledger = Ledger(found.values())
    told = ledger.as_data()
    assert len(told["jobs"]) == len(found)
    # One of the jobs with provenance, one of those without.
    assert len(told["environments"]) == 2
    key = "classification/se_resnet50/seed0/eval"
    assert told["jobs"][int(ledger.numbers([key]))]["title"] == "Evaluation of se_resnet50, seed 0"
    assert ledger.numbers(["nothing"]) == ""
