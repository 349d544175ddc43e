"""Training and evaluation on a GPU: right, resumable bit for bit, in every precision."""

import os
import signal
import subprocess
import sys

import pytest
import yaml
from safetensors.torch import load_file

from dcanet.data.scenes import write_scenes
from dcanet.distributed.ranks import Ranks
from dcanet.documents import Metrics, Provenance, read_history
from dcanet.evaluation.evaluate import evaluate
from dcanet.evaluation.evaluate_detector import evaluate_detector
from dcanet.files import sha256
from dcanet.signals import CONTINUE, Interrupted
from dcanet.training.classification import Classification
from dcanet.training.detection import Detection
from dcanet.training.job import Job
from dcanet.training.recipe import DetectionRecipe, Recipe
from dcanet.training.train import train

SIZE = {"augmentation": {"size": 64}, "preprocessing": {"resize": 64, "crop": 64}}
RECIPE = Recipe.model_validate(
    {
        "epochs": 3,
        "batch_size": 8,
        "micro_batch_size": 4,
        "optimizer": {"name": "sgd", "learning_rate": 0.05},
        "schedule": {"name": "cosine", "warmup_epochs": 1},
        "ema": 0.9,
        "clip_norm": 5.0,
        "deterministic": True,
        "validate_every": 1,
        "select": "best",
        **SIZE,
    }
)
DETECTION_RECIPE = DetectionRecipe.model_validate(
    {
        "epochs": 2,
        "batch_size": 2,
        "optimizer": {"name": "sgd", "learning_rate": 0.002},
        "schedule": {"name": "steps", "milestones": [1], "warmup_iterations": 2},
        "clip_norm": 35,
        "deterministic": True,
    }
)
SMALL = {"short_side": 64, "long_side": 64, "channels": 16}
DETECTORS = {
    "retinanet_se_resnet50": SMALL | {"head_depth": 1, "anchor_scale": 2},
    "cascade_rcnn_dca_gc_resnet50": SMALL | {"head_width": 16, "proposals": 20, "sampled_rois": 16},
}


@pytest.fixture
def data(image_folder):
    return image_folder(per_class=14)


def job(model, data, out, recipe=RECIPE, **more):
    return Job(model, more.pop("options", {}), data, recipe, 0, out, device="cuda", **more)


@pytest.mark.parametrize("model", ["dca_se_mobilenet_v2", "dca_cbam_resnet50", "dca_sk_resnet50"])
def test_an_interrupted_training_continues_bit_for_bit(model, data, tmp_path, monkeypatch):
    train(job(model, data, tmp_path / "whole"), Ranks())
    loss, calls = Classification.loss, iter(range(100))

    def stopped(*arguments):
        if next(calls) == 7:
            os.kill(os.getpid(), signal.SIGTERM)
        return loss(*arguments)

    cut = job(model, data, tmp_path / "cut", state=tmp_path / "state", workers=2)
    with monkeypatch.context() as patched:
        patched.setattr(Classification, "loss", stopped)
        with pytest.raises(Interrupted):
            train(cut, Ranks())
    train(cut, Ranks())
    assert sha256(tmp_path / "cut/model.safetensors") == sha256(tmp_path / "whole/model.safetensors")
    made = Provenance.load(tmp_path / "cut/provenance.json")
    assert made.device.startswith("cuda")
    assert made.nondeterministic_operations is not None


@pytest.mark.parametrize("precision", ["float32", "bfloat16", "float16"])
def test_it_learns_in_every_precision_and_is_evaluated(precision, data, tmp_path):
    changes = {"precision": precision, "epochs": 12, "ema": None, "deterministic": False}
    recipe = Recipe.model_validate(RECIPE.model_dump() | changes)
    train(job("dca_se_resnet50", data, tmp_path / "train", recipe), Ranks())
    history = read_history(tmp_path / "train/history.jsonl")
    assert history[-1].train_loss < history[0].train_loss
    found = [
        evaluate(tmp_path / "train/model.safetensors", data, recipe.preprocessing, tmp_path / on, device=on)
        for on in ("cuda", "cpu")
    ]
    assert all(isinstance(metrics, Metrics) for metrics in found)
    assert found[0].top1_percent == pytest.approx(found[1].top1_percent, abs=4)
    assert found[0].nll == pytest.approx(found[1].nll, rel=1e-2)


@pytest.mark.parametrize("model", DETECTORS)
def test_a_detector(model, tmp_path, monkeypatch):
    """Trained, interrupted and continued; the weights of two runs are one where the operations allow it."""
    scenes = tmp_path / "scenes"
    write_scenes(scenes, images_train=4, images_val=2, image_size=64)
    whole = job(model, scenes, tmp_path / "whole", DETECTION_RECIPE, options=DETECTORS[model])
    train(whole, Ranks())
    loss, steps = Detection.loss, iter(range(4))

    def stopped_in_the_third_step(*arguments):
        if next(steps) == 2:
            os.kill(os.getpid(), signal.SIGTERM)
        return loss(*arguments)

    cut = job(
        model, scenes, tmp_path / "cut", DETECTION_RECIPE, options=DETECTORS[model], state=tmp_path / "state"
    )
    with monkeypatch.context() as patched:
        patched.setattr(Detection, "loss", stopped_in_the_third_step)
        with pytest.raises(Interrupted):
            train(cut, Ranks())
    train(cut, Ranks())
    whole_losses, cut_losses = (
        [epoch.train_loss for epoch in read_history(tmp_path / name / "history.jsonl")]
        for name in ("whole", "cut")
    )
    assert cut_losses == pytest.approx(whole_losses, rel=1e-3)
    lacking = Provenance.load(tmp_path / "whole/provenance.json").nondeterministic_operations
    if not lacking:
        one, other = (load_file(tmp_path / name / "model.safetensors") for name in ("whole", "cut"))
        assert all(one[key].equal(other[key]) for key in one)
    metrics = evaluate_detector(
        tmp_path / "cut/model.safetensors", scenes, tmp_path / "eval", device="cuda", resamples=10
    )
    assert metrics is not None
    assert metrics.oracle_difference < 1e-9


def test_the_command_line_takes_the_gpu_and_saves_at_a_signal(data, tmp_path):
    recipe = tmp_path / "recipe.yaml"
    values = RECIPE.model_dump(mode="json", exclude_none=True) | {"epochs": 500, "validate_every": 0}
    recipe.write_text(yaml.safe_dump(values | {"select": "last"}))
    line = [sys.executable, "-m", "dcanet.cli", "train", "--model", "dca_se_mobilenet_v2"]
    line += ["--data", str(data), "--recipe", str(recipe), "--out", str(tmp_path / "train")]
    line += ["--state", str(tmp_path / "state"), "--workers", "2"]
    child = subprocess.Popen(line, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    assert child.stdout is not None
    first = child.stdout.readline()
    assert "epoch 1 of 500" in first, first + child.stdout.read()
    child.send_signal(signal.SIGUSR1)
    rest, _ = child.communicate(timeout=60)
    assert child.returncode == CONTINUE, rest
    assert "Traceback" not in rest
