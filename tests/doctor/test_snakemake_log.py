"""Snakemake's own logs, made by it: exit codes, retries, and what finished since."""

import os
import platform
import re
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dcanet.doctor.as_text import as_text
from dcanet.doctor.diagnose import diagnose
from dcanet.doctor.snakemake_log import FOLDER, read_run, read_runs

SNAKEFILE = """
COMMANDS = {"killed": "kill -9 $$", "stopped": "exit 75", "later": "test -e mended"}

rule all:
    input:
        expand("results/tiny/classification/{model}/seed0/train/provenance.json", model=COMMANDS),
        "own.txt", "late.txt",

rule train:
    output: "results/tiny/classification/{model}/seed{seed}/train/provenance.json"
    log: "logs/tiny/train/{model}-seed{seed}.log"
    params: command=lambda wildcards: COMMANDS[wildcards.model]
    message: "Train {wildcards.model}"
    shell: "bash -c {params.command:q} > {log:q} 2>&1; touch {output}"

rule own:
    output: "own.txt"
    shell: "echo 'no such thing' >&2; exit 3"

rule late:
    output: "late.txt"
    shell: "true"
"""


def snakemake(root: Path) -> int:
    command = [
        sys.executable,
        "-m",
        "snakemake",
        "--cores",
        "2",
        "--keep-going",
        "--retries",
        "1",
        "--latency-wait",
        "0",
    ]
    environment = os.environ | {"PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}
    return subprocess.run(command, cwd=root, env=environment, capture_output=True, timeout=120).returncode


@pytest.fixture(scope="module")
def root(tmp_path_factory) -> Path:
    """A folder in which some jobs failed, and one of them went well in a second run."""
    root = tmp_path_factory.mktemp("run")
    (root / "Snakefile").write_text(SNAKEFILE)
    assert snakemake(root) == 1
    (root / "mended").touch()
    assert snakemake(root) == 1
    return root


def test_failed_interrupted_and_finished_since(root):
    found = diagnose(root, "tiny")
    assert found.counts == {"failed": 3, "interrupted": 1, "recovered": 1}
    states = {job.title: (job.state, job.cause) for job in found.jobs}
    assert states == {
        "killed, seed 0, training": ("failed", "killed"),
        "stopped, seed 0, training": ("interrupted", "stopped"),
        "later, seed 0, training": ("recovered", None),
        "own: own.txt": ("failed", "unknown"),
        "late: late.txt": ("failed", "late_files"),
    }
    assert not found.obstacles
    assert as_text(found).startswith(
        "tiny, 5 jobs: 3 failed, 1 interrupted, 1 failed earlier and finished since\n"
    )


def test_the_exit_code_is_evidence(root):
    killed = next(job for job in diagnose(root, "tiny").jobs if job.cause == "killed")
    evidence = killed.evidence
    assert evidence is not None
    assert evidence.text == "command returned non-zero exit status 137."
    line = (root / evidence.source).read_text().splitlines()[evidence.line - 1]
    assert line.endswith("returned non-zero exit status 137.")
    assert killed.log in line


def test_a_run_that_began_no_job(tmp_path):
    (tmp_path / "Snakefile").write_text(
        SNAKEFILE.replace('output: "own.txt"', 'input: "none.txt"\n    output: "own.txt"')
    )
    assert snakemake(tmp_path) == 1
    (obstacle,) = diagnose(tmp_path, "tiny").obstacles
    assert obstacle.problem.startswith("Snakemake began no job: MissingInputException in rule own")
    assert "none.txt" in obstacle.problem
    place = re.search(r"\((.*):(\d+)\)", obstacle.change)
    assert "MissingInput" in Path(place[1]).read_text().splitlines()[int(place[2]) - 1]


def test_a_run_says_where_it_was_and_what_failed(root):
    runs = read_runs(root / FOLDER)
    assert not any(run.refusal or run.unsettled for run in runs)
    assert {run.host for run in runs} == {platform.node()}
    # Twice each: every job was tried again.
    assert len(runs[0].failures) == 10
    assert [failure.rule for failure in runs[1].failures].count("own") == 2


@given(st.binary(max_size=2000))
def test_any_bytes_are_read(tmp_path_factory, data):
    path = tmp_path_factory.mktemp("log") / "a.snakemake.log"
    path.write_bytes(b"Error in rule x:\n    jobid: 1\n" + data)
    assert [failure.rule for failure in read_run(path).failures][:1] == ["x"]


BLOCK = st.sampled_from(
    [
        "Error in rule train:",
        "    jobid: 5",
        "    output: a, b",
        "    log: c (check log file(s) for error details)",
        "    external_jobid: 12",
        "    external_jobid: ²",
        "    message: SLURM-job '12' failed, SLURM status is: 'TIMEOUT'.",
        "Job 5 has been submitted with SLURM jobid 12 (log: l).",
        "Finished jobid: 5 (Rule: train)",
        "returned non-zero exit status 137.",
        "",
    ]
)


@given(st.lists(BLOCK, max_size=15))
def test_any_order_of_lines_is_read(tmp_path_factory, lines):
    path = tmp_path_factory.mktemp("log") / "a.snakemake.log"
    path.write_text("\n".join(lines))
    run = read_run(path)
    assert len(run.failures) == lines.count("Error in rule train:")
    assert all(failure.slurm_job in (None, "12") for failure in run.failures)
