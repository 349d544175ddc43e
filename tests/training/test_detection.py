"""A detector is trained by the same loop, from a classifier's weights, and evaluated by COCO's numbers."""

import json
import os
import re
import signal
import subprocess
import sys

import pytest
import torch
import yaml
from safetensors.torch import load_file

from dcanet.data.scenes import write_scenes
from dcanet.detection_documents import ApBootstrap, DetectionMetrics
from dcanet.distributed.ranks import Ranks
from dcanet.documents import read_history
from dcanet.errors import UserError
from dcanet.evaluation.detections import Detections
from dcanet.evaluation.evaluate_detector import evaluate_detector
from dcanet.files import sha256
from dcanet.models import create
from dcanet.signals import Interrupted
from dcanet.training.detection import Detection
from dcanet.training.job import Job
from dcanet.training.recipe import DetectionRecipe
from dcanet.training.train import train
from dcanet.weights.store import read_metadata, save_model

RECIPE = DetectionRecipe.model_validate(
    {
        "epochs": 2,
        "batch_size": 2,
        "optimizer": {"name": "sgd", "learning_rate": 0.002},
        "schedule": {"name": "steps", "milestones": [1], "warmup_iterations": 2},
        "clip_norm": 35,
        "validate_every": 2,
    }
)
SMALL = {"short_side": 64, "long_side": 64, "channels": 16}
OPTIONS = {
    "retinanet_se_resnet50": SMALL | {"head_depth": 1, "anchor_scale": 2},
    "cascade_rcnn_dca_gc_resnet50": SMALL | {"head_width": 16, "proposals": 20, "sampled_rois": 16},
}


@pytest.fixture(scope="module")
def scenes(tmp_path_factory):
    folder = tmp_path_factory.mktemp("scenes") / "data"
    write_scenes(folder, images_train=4, images_val=2, image_size=64)
    return folder


@pytest.fixture
def backbone(tmp_path):
    def write(name):
        torch.manual_seed(1)
        path = tmp_path / f"{name}.safetensors"
        save_model(create(name, 10), path, {"source": "trained"})
        return path

    return write


def job(scenes, out, model, **changes):
    values = {
        "model": model,
        "options": OPTIONS[model],
        "data": scenes,
        "recipe": RECIPE,
        "seed": 0,
        "out": out,
    }
    return Job(**(values | {"device": "cpu", "state": out / "state"} | changes))


@pytest.mark.parametrize("model", OPTIONS)
def test_train_then_evaluate(scenes, tmp_path, backbone, capsys, model):
    classifier = model.split("_", 1)[1].removeprefix("rcnn_")
    weights = backbone(classifier)
    out = tmp_path / "train"
    train(job(scenes, out, model, backbone=weights), Ranks())
    shown = capsys.readouterr().out
    assert re.search(r"epoch 2 of 2: loss \d+\.\d{4} \(\w+ .*, val AP \d", shown), shown
    history = read_history(out / "history.jsonl")
    assert [epoch.epoch for epoch in history] == [1, 2]
    for epoch in history:
        assert epoch.train_losses
        assert sum(epoch.train_losses.values()) == pytest.approx(epoch.train_loss, rel=1e-5)
    metadata = read_metadata(out / "model.safetensors")
    assert (metadata.model, metadata.num_classes) == (model, 10)
    assert metadata.notes["backbone_sha256"] == sha256(weights)

    file = tmp_path / "results.json"
    metrics = evaluate_detector(
        out / "model.safetensors", scenes, tmp_path / "eval", device="cpu", resamples=10, coco_json=file
    )
    assert metrics == DetectionMetrics.load(tmp_path / "eval" / "metrics.json")
    assert metrics is not None
    assert (metrics.images, metrics.oracle_images) == (2, 2)
    assert metrics.numbers.ap == pytest.approx(history[-1].valid_ap_percent, abs=1e-6)
    found = Detections.load(tmp_path / "eval" / "detections.parquet")
    assert len(json.loads(file.read_text())) == metrics.detections == len(found.scores)
    assert ApBootstrap.load(tmp_path / "eval" / "bootstrap.json").resamples == 10


def test_interrupted_training_continues_bit_for_bit(scenes, tmp_path, monkeypatch):
    model = "cascade_rcnn_dca_gc_resnet50"  # it draws proposals at random
    train(job(scenes, tmp_path / "whole", model), Ranks())
    loss, steps = Detection.loss, iter(range(4))

    def stopped_in_the_third_step(*arguments):
        if next(steps) == 2:
            os.kill(os.getpid(), signal.SIGTERM)
        return loss(*arguments)

    with monkeypatch.context() as patched:
        patched.setattr(Detection, "loss", stopped_in_the_third_step)
        with pytest.raises(Interrupted):
            train(job(scenes, tmp_path / "cut", model), Ranks())
    assert not (tmp_path / "cut" / "model.safetensors").exists()
    train(job(scenes, tmp_path / "cut", model), Ranks())
    assert sha256(tmp_path / "cut" / "model.safetensors") == sha256(tmp_path / "whole" / "model.safetensors")


@pytest.mark.slow
@pytest.mark.parametrize(
    "model",
    [
        name if name.startswith("retinanet") else pytest.param(name, marks=pytest.mark.lengthy)
        for name in OPTIONS
    ],
)
def test_two_ranks_give_the_weights_of_one_process(scenes, tmp_path, model):
    """The same micro-batches, wherever they are computed; sums are in another order: to float tolerance."""
    recipe = tmp_path / "recipe.yaml"
    changes = {"micro_batch_size": 1, "precision": "float32"}
    recipe.write_text(yaml.safe_dump(RECIPE.model_dump(exclude_none=True) | changes))
    options = [f"--option={model}:{name}={value}" for name, value in OPTIONS[model].items()]
    for ranks in ("1", "2"):
        line = [
            sys.executable,
            "-m",
            "dcanet.cli",
            "train",
            "--model",
            model,
            "--data",
            str(scenes),
            *options,
        ]
        line += ["--recipe", str(recipe), "--device", "cpu", "--threads", "1", "--processes", ranks]
        done = subprocess.run([*line, "--out", str(tmp_path / ranks)], capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
    one, two = (load_file(tmp_path / ranks / "model.safetensors") for ranks in "12")
    for name, tensor in one.items():
        torch.testing.assert_close(two[name], tensor, rtol=1e-3, atol=1e-5, msg=name)
    first, second = (read_history(tmp_path / ranks / "history.jsonl") for ranks in "12")
    for alone, together in zip(first, second, strict=True):
        assert together.train_loss == pytest.approx(alone.train_loss, rel=1e-4)
        assert together.valid_ap_percent == pytest.approx(alone.valid_ap_percent, abs=0.1)


def test_a_backbone_of_another_kind_is_refused(scenes, tmp_path, backbone):
    model = "retinanet_se_resnet50"
    with pytest.raises(
        UserError, match=r"dca_se_resnet50\.safetensors: .*retinanet_se_resnet50.*own backbone"
    ):
        train(job(scenes, tmp_path / "train", model, backbone=backbone("dca_se_resnet50")), Ranks())
    once = RECIPE.model_copy(update={"epochs": 1, "validate_every": 0})
    train(job(scenes, tmp_path / "first", model, recipe=once), Ranks())
    with pytest.raises(UserError, match="is a detector; a backbone starts from a classifier's weights"):
        train(
            job(scenes, tmp_path / "train", model, backbone=tmp_path / "first" / "model.safetensors"), Ranks()
        )
    assert not (tmp_path / "train").exists()


def test_other_categories_are_refused(scenes, tmp_path):
    model = "retinanet_se_resnet50"
    once = RECIPE.model_copy(update={"epochs": 1, "validate_every": 0})
    train(job(scenes, tmp_path / "train", model, recipe=once), Ranks())
    other = tmp_path / "other"
    write_scenes(other, images_train=1, images_val=1, image_size=64)
    file = other / "annotations" / "instances_val2017.json"
    content = json.loads(file.read_text())
    content["categories"].append({"id": 99, "name": "cat"})
    file.write_text(json.dumps(content))
    with pytest.raises(UserError, match=r"knows 10 categories, instances_val2017\.json has 11"):
        evaluate_detector(tmp_path / "train" / "model.safetensors", other, tmp_path / "eval", device="cpu")
    assert not (tmp_path / "eval").exists()
