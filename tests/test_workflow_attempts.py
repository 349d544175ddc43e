"""What a job asks for after attempts that SLURM ended, by the logs that it left."""

import os
from types import SimpleNamespace

import pytest
from snakemake.resources import Resource, Resources

from dcanet.workflow_attempts import LACKED, let_grow, times_lacked

#: As SLURM 22.05 and 23.11 end a job's log.
ENDS = {
    "cgroup": "slurmstepd: error: Detected 1 oom_kill event in StepId=7.0.",
    "accounting": "slurmstepd-n1: error: Job 56 exceeded memory limit (420122624 > 262144000), being killed",
    "step": "slurmstepd-n1: error: Step 56.0 exceeded memory limit (420122624 > 262144000), being killed",
    "time": "slurmstepd-n1: error: *** JOB 9 ON n1 CANCELLED AT 2026-11-27T15:18:41 DUE TO TIME LIMIT ***",
    "node": "slurmstepd-n1: error: *** JOB 9 ON n1 CANCELLED AT 2026-11-27T15:18:41 DUE TO NODE FAILURE ***",
    "gpu": "torch.OutOfMemoryError: CUDA out of memory. Tried to allocate 2.00 GiB",
    "error": "dcanet: images/a.png: cannot be decoded",
}
LACKING = {"mem_mb": ("cgroup", "accounting", "step"), "runtime": ("time",)}


@pytest.fixture
def logs(tmp_path):
    """A function that writes the logs of a job's attempts, oldest first."""

    def write(*ends):
        folder = tmp_path / "rule_train/se_resnet50_0"
        folder.mkdir(parents=True)
        for number, end in enumerate(ends):
            # Ids that do not sort as they were given, as 9 and 10.
            log = folder / f"{99 + number}.log"
            log.write_text("starting\n" * 10_000 + ENDS[end] + "\n")
            os.utime(log, (1000 + number, 1000 + number))
        return tmp_path

    return write


def asked(folder, attempt, **resources):
    rule = SimpleNamespace(name="train", resources=Resources.from_mapping(resources))
    let_grow(rule, lambda: folder)
    arguments = {"input": [], "attempt": attempt, "threads": 1, "rulename": "train", "async_run": None}
    found = rule.resources.items()
    return {name: resource.evaluate(["se_resnet50", "0"], **arguments).value for name, resource in found}


@pytest.mark.parametrize("end", ENDS)
@pytest.mark.parametrize("resource", LACKED)
def test_a_log_tells_what_was_lacking(logs, resource, end):
    folder = logs(end) / "rule_train/se_resnet50_0"
    assert times_lacked(resource, folder, 1) == (end in LACKING[resource])


def test_only_what_was_lacking_grows(logs):
    folder = logs("cgroup", "time", "accounting", "error")
    assert asked(folder, 5, mem_mb=1000, runtime=60, gpu=2) == {"mem_mb": 3000, "runtime": 120, "gpu": 2}


def test_older_runs_do_not_count(logs):
    folder = logs("cgroup", "cgroup", "cgroup", "error")
    assert asked(folder, 1, mem_mb=1000) == {"mem_mb": 1000}
    assert asked(folder, 2, mem_mb=1000) == {"mem_mb": 1000}
    assert asked(folder, 3, mem_mb=1000) == {"mem_mb": 2000}


def test_without_slurm_and_without_logs_nothing_grows(tmp_path):
    assert asked(None, 3, mem_mb=1000) == {"mem_mb": 1000}
    assert asked(tmp_path, 3, mem_mb=1000) == {"mem_mb": 1000}


def test_a_profile_may_compute_its_amounts(logs):
    rule = SimpleNamespace(name="train", resources=Resources())
    rule.resources["mem_mb"] = Resource.from_cli_expression("mem_mb", "500 * 2")
    let_grow(rule, lambda: logs("cgroup"))
    arguments = {"input": [], "attempt": 2, "threads": 1, "rulename": "train", "async_run": None}
    assert rule.resources["mem_mb"].evaluate(["se_resnet50", "0"], **arguments).value == 2000
