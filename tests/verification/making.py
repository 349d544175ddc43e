"""A small genuine run, made by the real commands."""

import contextlib
import shutil
from pathlib import Path

import numpy as np
import pytest
import torch
import yaml
from coco_folders import write_coco
from PIL import Image
from torch import Tensor
from torch.nn import functional as F
from working_copy import ROOT

from dcanet.cli import main
from dcanet.evaluation import evaluate_detector, predict
from dcanet.evaluation.coco_ground_truth import read_ground_truth
from dcanet.evaluation.detections import Detections

PAIR = ("se_mobilenet_v2", "dca_se_mobilenet_v2")
DETECTORS = ("retinanet_resnet50", "retinanet_se_resnet50")
RECIPE = {
    "epochs": 1,
    "batch_size": 4,
    "optimizer": {"name": "sgd", "learning_rate": 0.05},
    "schedule": {"name": "one_cycle"},
    "validate_every": 1,
}
SMALL = ("short_side=32", "long_side=32", "channels=8", "head_depth=1", "candidates=20")


def call(*arguments: object) -> None:
    """A command, as a user gives it."""
    assert main([*map(str, arguments)]) == 0


def write_images(root: Path, split: str, number: int) -> None:
    random = np.random.default_rng(number)
    for label in range(3):
        folder = root / split / f"class{label}"
        folder.mkdir(parents=True)
        for index in range(number):
            pixels = random.integers(0, 100, (32, 32, 3)) + 70 * label
            Image.fromarray(pixels.astype(np.uint8)).save(folder / f"{index}.png")


def write_settings(root: Path) -> None:
    """Sheets, recipe and config, as the repository has them but small."""
    shutil.copytree(ROOT / "config", root / "config")
    recipe = RECIPE | {"preprocessing": {"resize": 32, "crop": 32}}
    (root / "config/recipes/tiny.yaml").write_text(yaml.safe_dump(recipe))
    boxes = RECIPE | {"batch_size": 2, "validate_every": 0}
    (root / "config/recipes/boxes.yaml").write_text(yaml.safe_dump(boxes))
    config = yaml.safe_load((root / "config/config.yaml").read_text()) | {
        "experiment": "tiny",
        "pairs": [PAIR[0]],
        "quick_pairs": [PAIR[0]],
        "seeds": [0, 1],
        "data": {"name": "folder", "path": "images"},
        "recipes": dict.fromkeys(("resnet50", "mnasnet1_0", "mobilenet_v2"), "config/recipes/tiny.yaml"),
        "statistics": {"alpha": 0.05, "adjust": "holm", "resamples": 50},
        "options": {},
        "detection": None,
        "device": "cpu",
    }
    (root / "config/config.yaml").write_text(yaml.safe_dump(config))
    lines = (root / "config/pairs.tsv").read_text().splitlines()
    kept = [line for line in lines if line.split("\t")[0] in ("id", "mobilenet_v2", *PAIR)]
    (root / "config/pairs.tsv").write_text("\n".join(kept) + "\n")
    lines = (root / "config/detectors.tsv").read_text().splitlines()
    kept = [line for line in lines if line.split("\t")[0] in ("id", *DETECTORS)]
    (root / "config/detectors.tsv").write_text("\n".join(kept) + "\n")


def train_and_evaluate(model: str, seed: int, results: Path) -> None:
    folder, data = results / f"classification/{model}/seed{seed}", ("--device", "cpu", "--threads", 1)
    recipe = ("--recipe", "config/recipes/tiny.yaml")
    call(
        "train",
        "--model",
        model,
        "--seed",
        seed,
        "--data",
        "images",
        *recipe,
        *data,
        "--out",
        folder / "train",
    )
    weights = ("--weights", folder / "train/model.safetensors")
    with pytest.MonkeyPatch.context() as patch:
        # Whether a network that learnt for a second tells any image from another depends on the machine.
        made = predict._predictions
        patch.setattr(
            predict,
            "_predictions",
            lambda _, targets, images: made(often_right(targets, images, len(model) + seed), targets, images),
        )
        call("evaluate", *weights, "--data", "images", *recipe, *data, "--out", folder / "eval")
        extra = ("--data", "extra", "--split", "test", "--out", folder / "test-extra")
        call("evaluate", *weights, *recipe, *data, *extra)


def often_right(targets: Tensor, images: list[str], seed: int) -> Tensor:
    """Logits (N, 3), of each image the same whatever batch it is in."""
    noise = [np.random.default_rng([seed, *image.encode()]).normal(size=3) for image in images]
    return 0.8 * F.one_hot(targets, 3) + torch.tensor(np.array(noise), dtype=torch.float32)


def detect(name: str, seed: int, results: Path) -> None:
    folder, device = results / f"detection/{name}/seed{seed}", ("--device", "cpu", "--threads", 1)
    options = [text for option in SMALL for text in ("--option", option)]
    recipe = ("--recipe", "config/recipes/boxes.yaml", "--data", "boxes")
    call("train", "--model", name, "--seed", seed, *recipe, *options, *device, "--out", folder / "train")
    weights = ("--weights", folder / "train/model.safetensors", "--data", "boxes")
    with pytest.MonkeyPatch.context() as patch:
        # A detector that learnt for a second finds nothing, and of nothing every number is 0.
        patch.setattr(evaluate_detector, "detect", lambda *_: near_the_truth(len(name)))
        call("evaluate", *weights, *device, "--resamples", 20, "--out", folder / "eval")


def near_the_truth(seed: int) -> Detections:
    """The annotated boxes, moved a little, some of them of another category."""
    truth = read_ground_truth(Path("boxes/annotations/instances_val2017.json"))
    rows, random = truth.annotations, np.random.default_rng(seed)
    moved = rows["box"] + random.normal(0, 1.0, rows["box"].shape)
    other = np.where(random.random(len(rows)) < 0.2, rows["category"][::-1], rows["category"])
    return Detections.of(truth.images, rows["image"], other, np.maximum(moved, 1), random.random(len(rows)))


def finish(results: Path) -> None:
    """What follows from the evaluations."""
    call("statistics", results, "--resamples", 50, "--out", results / "statistics.json")
    call("thumbnails", results / "statistics.json", "--data", "images", "--out", results / "flips.json")
    call("plan", "--json", results / "plan.json")
    call("report", results, "--out", "report")


def make(root: Path) -> None:
    """A folder with config, data, results and report of one pair, two seeds each, and of two detectors.

    The weights of the detectors are not kept.
    """
    write_settings(root)
    write_coco(root / "boxes", train=4, val=6)
    with contextlib.chdir(root):
        write_images(root / "images", "train", 4)
        write_images(root / "images", "val", 8)
        write_images(root, "extra", 5)
        results = Path("results/tiny")
        for seed in (0, 1):
            for model in PAIR:
                train_and_evaluate(model, seed, results)
        for name in DETECTORS:
            detect(name, 0, results)
        call("data", "describe", "images", "--out", results / "dataset.json")
        call("data", "describe", "boxes", "--out", results / "coco.json")
        call(
            "draw",
            "--data",
            "boxes",
            *drawn(results),
            "--out",
            results / f"detection/{DETECTORS[1]}/pictures.json",
        )
        measure(results)
        finish(results)
        call("verify", results, "--data", "images", "boxes")
        for weights in results.glob("detection/*/*/train/model.safetensors"):
            weights.unlink()  # 200 MB, which every check would hash again


def drawn(results: Path) -> list[str]:
    """What the detectors found, as `dcanet draw` takes it."""
    sides = zip(("--baseline", "--detector"), DETECTORS, strict=True)
    return [
        text
        for side, name in sides
        for text in (side, f"{name}={results}/detection/{name}/seed0/eval/detections.parquet")
    ]


def measure(results: Path) -> None:
    """What needs networks and no evaluation."""
    profile = results / "profile"
    counted = (*PAIR, *DETECTORS, "--image-size", 224, "--structures", profile / "structures.json")
    call("profile", "costs", *counted, "--out", profile / "costs.json")
    timed = ("--image-size", 32, "--block-seconds", 0.005, "--budget-seconds", 0.05, "--threads", 1)
    call("profile", "throughput", *PAIR, *timed, "--device", "cpu", "--out", profile / f"cpu/{PAIR[0]}.json")
    weights = [results / f"classification/{model}/seed0/train/model.safetensors" for model in PAIR]
    looked = ("--data", "images", "--recipe", "config/recipes/tiny.yaml", "--number", 6, "--pictures", 1)
    sides = ("--baseline", weights[0], "--connected", weights[1], "--device", "cpu")
    call("focus", *sides, *looked, "--out", results / "focus/mobilenet_v2.json")
