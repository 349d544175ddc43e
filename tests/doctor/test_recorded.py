"""Runs on a real SLURM, of which the logs and the tools' answers were kept."""

import platform
import re
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


def answers(root: Path, tools: Path, *names: str) -> None:
    """Let tools say what they said then; squeue nothing, as it does of jobs that have ended."""
    put_tool(tools, "squeue", f"/bin/cat {root}/squeue.txt 2>/dev/null || true")
    for name in names:
        put_tool(tools, name, f"/bin/cat {root}/{name}.txt")


#: Job of a model -> cause, and what says so.
CAUSES = {
    "cbam_resnet50": ("node_failure", "failed due to a node failure"),
    "dca_cbam_resnet50": ("host_memory", "Exceeded job memory limit"),
    "gc_resnet50": ("bad_file", "not a readable image"),
    "dca_se_resnet50": ("cancelled", "CANCELLED AT"),
    "dca_gc_resnet50": ("preempted", "DUE TO PREEMPTION"),
    "se_resnet50": ("time_limit", "DUE TO TIME LIMIT"),
}


@pytest.mark.parametrize("accounting", ["sacct", "scontrol", None])
def test_each_cause_on_a_real_cluster(tmp_path, tools, accounting):
    root = recorded_run("failed", tmp_path / "run")
    answers(root, tools, *([accounting] if accounting else []))
    found = diagnose(root, "tiny")
    assert {job.title.split(",")[0]: job.cause for job in found.jobs} == {
        model: cause for model, (cause, _) in CAUSES.items()
    }
    for job in found.jobs:
        assert job.state == "failed"
        assert job.evidence is not None
        assert CAUSES[job.title.split(",")[0]][1] in job.evidence.text
        line = (root / job.evidence.source).read_text().splitlines()[(job.evidence.line or 0) - 1]
        assert job.evidence.text[-100:] in line
    changes = {job.cause: job.change for job in found.jobs}
    known = " to 600 (it had 300)" if accounting else ""
    assert changes["host_memory"] == f"raise profiles/slurm/config.yaml: set-resources: train: mem_mb{known}"
    known = " (it had 00:01:00)" if accounting else ""
    assert changes["time_limit"] == f"raise profiles/slurm/config.yaml: set-resources: train: runtime{known}"


def test_states_are_evidence_where_logs_say_nothing(tmp_path, tools):
    root = recorded_run("failed", tmp_path / "run")
    answers(root, tools, "sacct")
    for log in (root / "logs/slurm").rglob("*.log"):
        log.write_text("")
    (log,) = (root / ".snakemake/log").iterdir()
    log.unlink()
    causes = {job.title.split(",")[0]: job.cause for job in diagnose(root, "tiny").jobs}
    # Without accounting by cgroups SLURM calls this one FAILED.
    expected = {model: cause for model, (cause, _) in CAUSES.items()} | {"dca_cbam_resnet50": "stopped"}
    assert causes == expected


def test_the_run_that_was_killed(tmp_path, tools):
    root = recorded_run("killed", tmp_path / "run")
    rows = (root / "squeue.txt").read_text().replace("/cluster/tiny", str(root))
    (root / "squeue.txt").write_text(rows)
    (log,) = (root / ".snakemake/log").iterdir()
    log.write_text(log.read_text().replace("  Host: login1", f"  Host: {platform.node()}"))
    answers(root, tools)
    found = diagnose(root, "tiny")
    assert [(job.title, job.state, job.slurm_job) for job in found.jobs] == [
        ("sk_resnet50, seed 0, training", "running", "8")
    ]
    (obstacle,) = found.obstacles
    assert obstacle.problem == "Snakemake was killed and left its lock; its SLURM jobs go on: 8"
    assert obstacle.change == (
        "scancel 8 (else they are submitted a second time), snakemake --unlock, run again"
    )


def test_what_runs_is_not_known_while_slurm_is_silent(tmp_path, tools):
    root = recorded_run("killed", tmp_path / "run")
    put_tool(tools, "squeue", "exit 1")
    found = diagnose(root, "tiny")
    assert found.counts == {"hidden": 1}
    silent, lock = found.obstacles
    assert "squeue: exit code 1" in silent.problem
    assert "see which of its jobs run on once SLURM answers, snakemake --unlock" in lock.change


def test_another_experiment_in_the_same_folder(tmp_path, tools):
    """Its SLURM jobs and logs have the same names."""
    root = recorded_run("failed", tmp_path / "run")
    answers(root, tools, "sacct")
    log = root / "logs/other/train/se_resnet50-seed0.log"
    log.parent.mkdir(parents=True)
    log.write_text("MemoryError\n")
    found = diagnose(root, "other")
    assert [(job.cause, job.slurm_job) for job in found.jobs] == [("host_memory", None)]


PAGE = (Path(__file__).parents[2] / "docs" / "doctor.md").read_text(encoding="utf-8")


def test_the_page_shows_what_is_printed(tmp_path, tools):
    root = recorded_run("failed", tmp_path / "run")
    answers(root, tools, "sacct")
    (transcript,) = re.findall(r"```\n\$ dcanet doctor results/tiny\n(.*?)```", PAGE, flags=re.S)
    shown = "".join(line.strip() + "\n" for line in as_text(diagnose(root, "tiny")).splitlines())
    assert " ".join(transcript.split()) == " ".join(shown.split())
