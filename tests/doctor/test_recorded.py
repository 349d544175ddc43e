"""Runs on a real SLURM, of which the logs and the tools' answers were kept."""

from pathlib import Path

import pytest
from doctor.tools import only_tools, put_tool, recorded_run

from dcanet.doctor.as_text import as_text
from dcanet.doctor.diagnose import diagnose
from dcanet.doctor.snakemake_log import read_run


@pytest.fixture
def tools(tmp_path, monkeypatch) -> Path:
    only_tools(tmp_path / "tools", monkeypatch)
    return tmp_path / "tools"


CANCELLED = """\
tiny, 1 job: 1 failed

mobilenet_v2, seed 0, training: cancelled by somebody, or by SLURM for another job
    logs/slurm/rule_train/mobilenet_v2_0/52.log:63: slurmstepd-n1: error: *** JOB 52 ON n1 CANCELLED AT \
2026-11-27T15:39:38 ***
    change: run again
"""


def test_a_cancelled_training(tmp_path, tools):
    root = recorded_run("cancelled", tmp_path / "run")
    found = diagnose(root, "tiny")
    assert as_text(found) == CANCELLED
    assert found.jobs[0].slurm_job == "52"


@pytest.mark.parametrize(("state", "counted"), [("PENDING", "waiting"), ("RUNNING", "running")])
def test_the_same_once_it_is_in_the_queue_again(tmp_path, tools, state, counted):
    root = recorded_run("cancelled", tmp_path / "run")
    row = f"53|{state}|ab50139c-21ed-40a4-905a-ff691e7294fc|/x|rule_train_wildcards_mobilenet_v2_0"
    put_tool(tools, "squeue", f"echo '{row}'")
    found = diagnose(root, "tiny")
    assert found.counts == {counted: 1}
    assert found.jobs[0].slurm_job == "53"


def test_a_silent_controller_is_in_the_way(tmp_path, tools):
    root = recorded_run("cancelled", tmp_path / "run")
    put_tool(tools, "squeue", "echo 'slurm_load_jobs error: Unable to contact slurm controller' >&2; exit 1")
    found = diagnose(root, "tiny")
    assert [job.cause for job in found.jobs] == ["cancelled"]
    (obstacle,) = found.obstacles
    assert "Unable to contact slurm controller" in obstacle.problem


def test_logs_that_are_shown_again_are_not_read(tmp_path, tools):
    """The executor's log has errors of the Snakemake on the node, which number their jobs from 0."""
    root = recorded_run("cancelled", tmp_path / "run")
    (log,) = (root / ".snakemake/log").iterdir()
    assert log.read_text().count("Error in rule train") == 3
    run = read_run(log)
    assert [(failure.jobid, failure.slurm_job) for failure in run.failures] == [("3", "52")]
    assert run.unsettled == []
