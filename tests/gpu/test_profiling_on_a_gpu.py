"""Timings on a GPU know its memory, and its energy and clock where NVML tells them."""

import importlib.util
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from dcanet.cli import main
from dcanet.distributed import gpus
from dcanet.profile_documents import Throughput

PAIR = ["se_resnet50", "dca_se_resnet50"]
#: A board's energy counter needs blocks of a second.
QUICK = ["--block-seconds", "1", "--budget-seconds", "1", "--device", "cuda"]


def timed(tmp_path, models, *measurements, more=()):
    out = tmp_path / "speed.json"
    wanted = [part for measure in measurements for part in ("--measure", measure)]
    assert main(["profile", "throughput", *models, *wanted, *QUICK, *more, "--out", str(out)]) == 0
    return Throughput.load(out)


def test_inference_and_training_steps_of_a_pair(tmp_path):
    found = timed(
        tmp_path,
        PAIR,
        "batch_size=32,folded=true,precision=bfloat16",
        "batch_size=16,work=training_step,precision=bfloat16",
    )
    assert found.device == "cuda"
    for measurement in found.measurements:
        assert measurement.overhead_interval is not None
        for speed in measurement.models.values():
            assert speed.images_per_second > 100
            assert speed.peak_memory_bytes > 50e6
            if importlib.util.find_spec("pynvml"):
                assert 0 < speed.joules_per_image < 20
        if importlib.util.find_spec("pynvml"):
            assert measurement.after.clock_mhz > 100
            assert measurement.after.power_watts > 20


def test_a_batch_that_does_not_fit_is_halved(tmp_path):
    """With 2 GB free: a training step of MobileNetV2 takes 100 MB an image at 224 pixels."""
    free, _ = torch.cuda.mem_get_info()
    taken = torch.empty(free - (2 << 30), dtype=torch.uint8, device="cuda")
    found = timed(
        tmp_path,
        ["mobilenet_v2"],
        "work=training_step,batch_size=256",
        more=["--block-seconds", "0.2"],
    )
    del taken
    torch.cuda.empty_cache()
    (measurement,) = found.measurements
    assert measurement.wanted_batch_size == 256
    assert 1 <= measurement.setting.batch_size < 256


def test_two_jobs_never_have_the_same_gpu(tmp_path, monkeypatch):
    """As many claims as there are GPUs are given at once; one more waits until one of them ends."""
    monkeypatch.setenv("DCANET_GPU_LOCKS", str(tmp_path / "locks"))
    claim = Path(__file__).parents[1] / "distributed" / "claim.py"
    pipe = subprocess.PIPE

    def start():
        return subprocess.Popen([sys.executable, claim, "1", "cuda"], stdin=pipe, stdout=pipe, text=True)

    names = [gpu.name for gpu in gpus.visible_gpus()]
    jobs = [start() for _ in names]
    taken = [job.stdout.readline().split()[0] for job in jobs]
    assert sorted(taken) == sorted(names)
    waiting = start()
    with pytest.raises(subprocess.TimeoutExpired):
        waiting.wait(2)
    jobs[0].communicate()
    assert waiting.stdout.readline().split()[0] == taken[0]
    for job in (*jobs[1:], waiting):
        job.communicate()
