"""`dcanet doctor` as a user meets it."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from workflow.working_copy import working_copy

from dcanet.cli import main
from dcanet.doctor_documents import Diagnosis


@pytest.fixture
def root(tmp_path, monkeypatch) -> Path:
    """The quick pairs' workflow, of which nothing has run but one training that failed."""
    root = working_copy(tmp_path / "copy", scope="quick")
    log = root / "logs/tiny/train/se_mnasnet1_0-seed0.log"
    log.parent.mkdir(parents=True)
    log.write_text("dcanet: epoch 1, step 50: the loss became nan; lower the recipe's learning_rate\n")
    monkeypatch.chdir(root)
    return root


TOLD = """
se_mnasnet1_0, seed 0, training: training diverged
    logs/tiny/train/se_mnasnet1_0-seed0.log:1: dcanet: epoch 1, step 50: the loss became nan; lower the \
recipe's learning_rate
    change: lower optimizer.learning_rate in {recipe}, or set its precision to float32
"""


def test_by_the_config(root, capsys):
    assert main(["doctor", "--json", "found.json"]) == 1
    shown = capsys.readouterr().out
    assert shown.startswith("tiny, 25 jobs: 1 failed, 24 not run yet\n")
    assert TOLD.format(recipe="config/recipes/tiny.yaml") in shown
    found = Diagnosis.load(root / "found.json")
    assert json.loads((root / "found.json").read_text())["schema_version"] == 1
    assert [job.output for job in found.jobs] == [
        "results/tiny/classification/se_mnasnet1_0/seed0/train/provenance.json"
    ]


def test_by_the_folders_alone(root, capsys, monkeypatch):
    (root / "results/tiny").mkdir(parents=True)
    monkeypatch.chdir("/")
    assert main(["doctor", str(root / "results/tiny")]) == 1
    assert capsys.readouterr().out == "tiny, 1 job: 1 failed\n" + TOLD.format(recipe="its recipe")


def test_what_finished_since_is_well(root, capsys):
    done = root / "results/tiny/classification/se_mnasnet1_0/seed0/train/provenance.json"
    done.parent.mkdir(parents=True)
    done.write_text("{}")
    assert main(["doctor"]) == 0
    assert capsys.readouterr().out == "tiny, 25 jobs: 1 done, 24 not run yet\n"


def test_an_experiment_of_the_command_line(root, capsys):
    assert main(["doctor", "--set", "experiment=other"]) == 0
    assert capsys.readouterr().out == "other, 25 jobs: 25 not run yet\n"


def test_no_such_folder(root, capsys):
    assert main(["doctor", "results/tiny"]) == 1
    assert capsys.readouterr().err == (
        "dcanet: results/tiny: is no folder; give an experiment's, e.g. results/digits\n"
    )


def test_an_empty_folder_has_no_jobs(tmp_path, capsys):
    (tmp_path / "results/x").mkdir(parents=True)
    assert main(["doctor", str(tmp_path / "results/x")]) == 0
    assert capsys.readouterr().out == "x, 0 jobs: nothing has run\n"


def test_it_changes_nothing_and_needs_no_torch(root):
    before = {path: path.stat().st_mtime_ns for path in root.rglob("*")}
    code = "import sys; from dcanet.cli import main; main(['doctor']); print(*sys.modules)"
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert not {"torch", "pandas", "snakemake", "numpy"} & set(shown.stdout.split())
    assert {path: path.stat().st_mtime_ns for path in root.rglob("*")} == before
