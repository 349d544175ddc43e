"""The doctor's jobs are the workflow's: as many of each rule, with its logs and results."""

import re
from collections import Counter
from pathlib import Path

import pytest
import yaml
from workflow.working_copy import ROOT, job_counts, snakemake, working_copy

from dcanet.doctor.stages import planned_outputs, stages
from dcanet.planning.settings import read_settings
from dcanet.workflow import Plan

DEMO = yaml.safe_load((ROOT / "config" / "config.yaml").read_text())


def folder_config(root: Path) -> dict[str, object]:
    """Images of one's own with extra test sets; weights that are fetched, others that are a file here."""
    for name in ("images", "other", "weights"):
        (root / name).mkdir(parents=True)
    (root / "real.json").write_text("[]")
    (root / "own.pth").write_text("")
    tests = {"sketch": str(root / "other"), "real": str(root / "real.json")}
    return {
        "pairs": ["se_mobilenet_v2", "se_resnet50"],
        "data": {"name": "folder", "path": str(root / "images"), "on_bad_image": "skip", "tests": tests},
        "weights": {"se_mobilenet_v2": "published", "dca_se_mobilenet_v2": {"url": "http://x/y"}},
    }


@pytest.fixture(params=["demo", "folder"])
def root(request, tmp_path) -> Path:
    changes = (
        {"detection": DEMO["detection"]} if request.param == "demo" else folder_config(tmp_path / "data")
    )
    return working_copy(tmp_path / "copy", **changes)


def test_the_jobs_are_those_of_the_workflow(root, monkeypatch):
    result = snakemake(root, "--dry-run", "--printshellcmds")
    text = result.stdout + result.stderr
    commands = re.findall(r"^Shell command: (.*) > (\S+) 2>&1$", text, flags=re.M)
    by_log = {log: command for command, log in commands}
    monkeypatch.chdir(root)
    kinds = stages("tiny")
    jobs = []
    for path in planned_outputs(Plan(read_settings(Path("config/config.yaml")))):
        job = next(filter(None, (kind.of_output(path) for kind in kinds)), None)
        assert job is not None, f"no stage for {path}"
        assert job.output == path
        jobs.append(job)

    assert {job.log for job in jobs} == set(by_log)
    for job in jobs:
        names = {job.output, str(Path(job.output).parent)}
        assert names & set(by_log[job.log].split()), f"{job.log} is not of {job.output}"
        assert job.output in [kind.output for kind in (kind.of_log(job.log) for kind in kinds) if kind]
    rules = Counter("score_real_labels" if job.wildcards.get("test") == "real" else job.rule for job in jobs)
    assert rules == {rule: count for rule, count in job_counts(text).items() if rule not in ("all", "total")}


def test_a_job_is_called_as_the_executor_calls_it():
    """As recorded of a real one: logs/slurm/<name>/<job id>.log, and the comment with _wildcards_ for /."""
    (job,) = filter(None, (kind.of_log("logs/x/train/se_resnet50-seed3.log") for kind in stages("x")))
    assert job.slurm_names == ["rule_train/se_resnet50_3"]
    (job,) = filter(None, (kind.of_log("logs/x/statistics.log") for kind in stages("x")))
    assert job.slurm_names == ["rule_statistics"]


@pytest.mark.parametrize("name", ["retinanet_resnet50", "resnet50"])
def test_a_log_says_whether_it_is_of_a_detector(name):
    (job,) = filter(None, (kind.of_log(f"logs/x/evaluate/{name}-seed0.log") for kind in stages("x")))
    assert ("detection" in job.output) == name.startswith("retinanet")
    assert job.title == f"{name}, seed 0, evaluation"
