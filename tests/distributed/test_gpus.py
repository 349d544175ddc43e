"""Jobs get distinct GPUs, wait for them, and lose them when they die."""

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from dcanet.distributed.gpus import Gpu, claim_gpus, visible_gpus
from dcanet.errors import UserError

LISTING = """\
GPU 0: NVIDIA A100-SXM4-40GB (UUID: GPU-aaaa-1)
GPU 1: NVIDIA A100-SXM4-40GB (UUID: GPU-bbbb-2)
  MIG 3g.20gb     Device  0: (UUID: MIG-cccc-3)
  MIG 1g.5gb      Device  1: (UUID: MIG-dddd-4)
"""


@pytest.fixture(autouse=True)
def locks(tmp_path, monkeypatch):
    """An own lock folder, three GPUs named by the environment, and no nvidia-smi."""
    monkeypatch.setenv("DCANET_GPU_LOCKS", str(tmp_path / "locks"))
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "0,1,2")
    monkeypatch.setenv("PATH", str(tmp_path))
    for name in ("RANK", "WORLD_SIZE"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path / "locks"


@pytest.fixture
def nvidia_smi(tmp_path):
    """A program of that name that lists two GPUs, one of them sliced."""
    program = tmp_path / "nvidia-smi"
    program.write_text(f"#!{sys.executable}\nprint({LISTING!r})\n")
    program.chmod(0o755)


@pytest.fixture
def job():
    """A function that starts a process which claims GPUs."""
    started = []

    def start(count):
        command = [sys.executable, str(Path(__file__).with_name("claim.py")), str(count), "cuda"]
        pipe = subprocess.PIPE
        started.append(subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=pipe, text=True))
        return started[-1]

    yield start
    for process in started:
        with process:
            process.kill()


def claimed(process):
    """The GPUs of a job, once it has them."""
    names, visible = process.stdout.readline().split()
    assert names == visible
    return names.split(",")


def test_jobs_get_distinct_gpus(job, locks):
    taken = [name for process in [job(1), job(1), job(1)] for name in claimed(process)]
    assert sorted(taken) == ["0", "1", "2"]
    assert stat.S_IMODE(locks.stat().st_mode) == 0o700


def test_a_job_waits_for_one_that_ends_and_one_that_is_killed(job):
    first, second = job(1), job(2)
    taken = {first: claimed(first), second: claimed(second)}
    third = job(3)
    message = third.stderr.readline()
    assert message == "dcanet: waiting for 3 of the GPU(s) 0, 1, 2, which other jobs have taken\n"
    # The one that waits holds nothing meanwhile.
    first.stdin.close()
    first.wait()
    fourth = job(1)
    assert claimed(fourth) == taken[first]
    second.kill()
    fourth.kill()
    assert claimed(third) == ["0", "1", "2"]


def test_given_back_in_the_same_process():
    with claim_gpus(2, "auto") as names:
        assert names == ["0", "1"]
        assert os.environ["CUDA_VISIBLE_DEVICES"] == "0,1"
    assert os.environ["CUDA_VISIBLE_DEVICES"] == "0,1,2"
    with claim_gpus(3, "cuda") as names:
        assert names == ["0", "1", "2"]


def test_names_may_be_unique_ones(monkeypatch):
    names = "GPU-8932f937-d72c,MIG-GPU-8932f937-d72c/1/0"
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", names)
    with claim_gpus(2, "cuda"):
        assert os.environ["CUDA_VISIBLE_DEVICES"] == names


def test_a_gpu_has_one_lock_whatever_its_name(nvidia_smi, monkeypatch):
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "0, GPU-aa, MIG-dddd-4, 1, -1, 0")
    assert visible_gpus() == [
        Gpu("GPU-aa", "GPU-aaaa-1"),
        Gpu("MIG-dddd-4", "MIG-dddd-4"),
        Gpu("1", "GPU-bbbb-2"),
    ]


def test_slices_stand_for_their_gpu(nvidia_smi, monkeypatch):
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES")
    assert [gpu.name for gpu in visible_gpus()] == ["GPU-aaaa-1", "MIG-cccc-3", "MIG-dddd-4"]
    with claim_gpus(2, "auto"):
        assert os.environ["CUDA_VISIBLE_DEVICES"] == "GPU-aaaa-1,MIG-cccc-3"
    assert "CUDA_VISIBLE_DEVICES" not in os.environ


def test_too_many():
    with (
        pytest.raises(UserError, match=r"4 need a GPU each, visible are 3 \(0, 1, 2\); use at most 3"),
        claim_gpus(4, "cuda"),
    ):
        pass


@pytest.mark.parametrize("visible", ["", "-1", "NoDevFiles", None])
def test_no_gpu(visible, monkeypatch):
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES")
    if visible is not None:
        monkeypatch.setenv("CUDA_VISIBLE_DEVICES", visible)
    with pytest.raises(UserError, match=r"no CUDA GPU here.*; use device=cpu"), claim_gpus(1, "cuda"):
        pass
    with claim_gpus(4, "auto") as names:
        assert names == []


def test_nothing_to_claim_on_the_cpu_and_in_a_rank(locks, monkeypatch):
    with claim_gpus(4, "cpu") as names:
        assert names == []
    for name in ("RANK", "WORLD_SIZE", "LOCAL_RANK", "MASTER_ADDR", "MASTER_PORT"):
        monkeypatch.setenv(name, "0")
    with claim_gpus(4, "cuda") as names:
        assert names == []
    assert not locks.exists()


def test_a_folder_that_cannot_be_made(monkeypatch):
    monkeypatch.setenv("DCANET_GPU_LOCKS", "/dev/null/locks")
    reason = r"/dev/null/locks: cannot be made .*; set DCANET_GPU_LOCKS"
    with pytest.raises(UserError, match=reason), claim_gpus(1, "cuda"):
        pass
