"""SLURM's tools: what they said on a real cluster is read, and nothing waits for them for long."""

import time
from pathlib import Path

import pytest
from doctor.tools import only_tools, put_tool
from hypothesis import given
from hypothesis import strategies as st

from dcanet.doctor.signs import clue_of
from dcanet.doctor.slurm import Slurm, parse_sacct, parse_scontrol, parse_squeue


@pytest.fixture
def tools(tmp_path, monkeypatch) -> Path:
    only_tools(tmp_path / "tools", monkeypatch)
    return tmp_path / "tools"


def test_without_slurm_nothing_is_known(tools, tmp_path):
    slurm = Slurm()
    assert not slurm.here
    assert slurm.queue(tmp_path, ["a"]) == []
    assert slurm.records(["12"]) == {}
    assert slurm.silent == {}


def test_only_jobs_of_the_workflow_are_its_own(tools, tmp_path):
    here, there = str(tmp_path), "/elsewhere"
    rows = [
        ("1", "run", there, "any"),
        ("2", "x", here, "rule_train_wildcards_a_0"),
        ("3", "x", here, "mine"),
    ]
    rows.append(("4", "x", there, "rule_train_wildcards_a_0"))
    put_tool(
        tools,
        "squeue",
        "\n".join(f"echo '{job}|RUNNING|{name}|{folder}|{comment}'" for job, name, folder, comment in rows),
    )
    assert [job.job for job in Slurm().queue(tmp_path, ["run", ""])] == ["1", "2"]


def test_tools_that_hang_are_given_up_and_not_asked_again(tools, tmp_path):
    for name in ("squeue", "sacct", "scontrol"):
        put_tool(tools, name, f"echo {name} >> {tmp_path}/asked; exec /bin/sleep 60")
    slurm = Slurm(patience=0.5)
    started = time.monotonic()
    assert slurm.queue(tmp_path, []) == []
    assert slurm.queue(tmp_path, []) == []
    assert slurm.records([str(job) for job in range(40)]) == {}
    assert time.monotonic() - started < 30
    assert (tmp_path / "asked").read_text().split() == ["squeue", "sacct", "scontrol"]
    assert slurm.silent == dict.fromkeys(("squeue", "sacct", "scontrol"), "no answer within 0.5 s")


def test_jobs_that_are_forgotten_do_not_keep_from_asking_for_others(tools):
    known = "JobId=13 JobState=TIMEOUT ExitCode=0:15 NodeList=n1"
    put_tool(tools, "sacct", "echo Slurm accounting storage is disabled >&2; exit 1")
    put_tool(
        tools,
        "scontrol",
        f'if [ "$5$4$3" = 13 ] || [ "$4" = 13 ]; then echo "{known}"; '
        "else echo slurm_load_jobs error: Invalid job id specified >&2; exit 1; fi",
    )
    slurm = Slurm()
    assert list(slurm.records(["12", "13"])) == ["13"]
    assert slurm.silent == {"sacct": "Slurm accounting storage is disabled"}


WORDS = st.sampled_from(["|", "12", "²", "TIMEOUT", "\n", "JobId=7", " ", "JobState=X", "é"])


@given(st.text(max_size=300) | st.lists(WORDS).map("".join))
def test_any_answer_is_read(text):
    for record in (*parse_sacct(text).values(), *parse_scontrol(text).values()):
        assert int(record.job) >= 0
        clue_of(record)
    for queued in parse_squeue(text):
        assert queued.comment in text
