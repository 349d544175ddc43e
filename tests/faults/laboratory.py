"""A small genuine run that faults are done to: one pair on images of noise, through all stages."""

import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from children import dcanet
from oracle import FORMS
from PIL import Image
from working_copy import RECIPE, keep_pairs, working_copy

PAIR = ("se_mobilenet_v2", "dca_se_mobilenet_v2")
RESULTS = "results/tiny"
#: Two epochs of three steps.
EPOCHS = RECIPE | {"epochs": 2, "validate_every": 1, "select": "best"}


@dataclass(frozen=True)
class Stage:
    """A command, and the files that it leaves, relative to the run's folder."""

    command: tuple[str, ...]
    files: tuple[str, ...]


def run_of(model: str, seed: int = 0) -> str:
    return f"{RESULTS}/classification/{model}/seed{seed}"


def _beside(folder: str, *names: str) -> tuple[str, ...]:
    return tuple(f"{folder}/{name}" for name in names)


def _split(text: str) -> tuple[str, ...]:
    return tuple(text.split())


LEARNT, TARGET = PAIR
DATA = "--data images --dataset results/tiny/dataset.json"
RECIPE_FILE = "--recipe config/recipes/tiny.yaml"
CPU = "--device cpu --threads 1"


def train(model: str, *more: str) -> Stage:
    run = run_of(model)
    text = f"train --model {model} {DATA} {RECIPE_FILE} {CPU} --save-minutes 0 --state {run}/state"
    text += f" --out {run}/train"
    names = ("model.safetensors", "history.jsonl", "provenance.json")
    return Stage((*_split(text), *more), _beside(f"{run}/train", *names))


def evaluate(model: str) -> Stage:
    run = run_of(model)
    text = f"evaluate --weights {run}/train/model.safetensors {DATA} {RECIPE_FILE} {CPU} --out {run}/eval"
    names = ("metrics.json", "predictions.parquet", "provenance.json")
    return Stage(_split(text), _beside(f"{run}/eval", *names))


def _one_file(text: str, *files: str) -> Stage:
    return Stage(_split(text), files)


STAGES = {
    "describe": _one_file(f"data describe images --out {RESULTS}/dataset.json", f"{RESULTS}/dataset.json"),
    "check": _one_file(
        f"data check --workers 1 images --out {RESULTS}/dataset.json", f"{RESULTS}/dataset.json"
    ),
    "scenes": Stage(
        _split("data scenes --image-size 64 --images-train 4 --images-val 4 --out scenes"),
        _beside("scenes", "dataset.json", "annotations/instances_val2017.json"),
    ),
    "train": train(TARGET),
    "evaluate": evaluate(TARGET),
    "costs": _one_file(
        f"profile costs {' '.join(PAIR)} --image-size 32 --structures {RESULTS}/profile/structures.json "
        f"--out {RESULTS}/profile/costs.json",
        f"{RESULTS}/profile/costs.json",
        f"{RESULTS}/profile/structures.json",
    ),
    "audit": _one_file(f"profile audit --out {RESULTS}/profile/audit.json", f"{RESULTS}/profile/audit.json"),
    "throughput": _one_file(
        f"profile throughput {' '.join(PAIR)} --image-size 32 --block-seconds 0.002 --budget-seconds 0.02 "
        f"{CPU} --out {RESULTS}/profile/cpu/{PAIR[0]}.json",
        f"{RESULTS}/profile/cpu/{PAIR[0]}.json",
    ),
    "focus": _one_file(
        f"focus --baseline {run_of(PAIR[0])}/train/model.safetensors --connected "
        f"{run_of(PAIR[1])}/train/model.safetensors {DATA} {RECIPE_FILE} {CPU} --number 4 --pictures 1 "
        f"--out {RESULTS}/focus/mobilenet_v2.json",
        f"{RESULTS}/focus/mobilenet_v2.json",
    ),
    "statistics": _one_file(
        f"statistics {RESULTS} --resamples 50 --out {RESULTS}/statistics.json", f"{RESULTS}/statistics.json"
    ),
    "thumbnails": _one_file(
        f"thumbnails {RESULTS}/statistics.json --data images --out {RESULTS}/flips.json",
        f"{RESULTS}/flips.json",
    ),
    "plan": _one_file(f"plan --json {RESULTS}/plan.json", f"{RESULTS}/plan.json"),
    "report": Stage(
        _split(f"report {RESULTS} --out report"),
        _beside("report", "index.html", "tables.md", "table1.csv", "table1.tex", "table2.csv", "table2.tex"),
    ),
    "convert": Stage(
        _split(f"weights convert weights/{TARGET}.checkpoint --model {TARGET} --run pretrained/train"),
        _beside("pretrained/train", "model.safetensors", "history.jsonl", "provenance.json"),
    ),
}
#: Whose kills and damages are tried in CI too. Those of all stages together take half an hour.
IN_CI = ("statistics", "convert", "check")


def by_stage(name: str, *more: str) -> Any:
    """Parameters of a test of one stage, which CI leaves out unless the stage is one of its own."""
    return pytest.param(name, *more, marks=() if name in IN_CI else pytest.mark.lengthy)


def forget(root: Path, stage: Stage) -> None:
    """As before the stage ran."""
    if stage is STAGES["scenes"]:
        shutil.rmtree(root / stage.command[-1], ignore_errors=True)
    for name in stage.files:
        (root / name).unlink(missing_ok=True)


def write_images(root: Path) -> None:
    """Noise of two brightnesses, as PNG and as JPEG."""
    random = np.random.default_rng(0)
    for split, number in (("train", 6), ("val", 4)):
        for label, suffix in enumerate(("png", "jpg")):
            folder = root / split / f"class{label}"
            folder.mkdir(parents=True)
            for index in range(number):
                pixels = random.integers(0, 100, (32, 32, 3)) + 70 * label
                Image.fromarray(pixels.astype(np.uint8)).save(folder / f"{index}.{suffix}")


def write_checkpoint(path: Path) -> None:
    """As the authors' files are."""
    form = next(form for form in FORMS if form.name == TARGET)
    generator = torch.Generator().manual_seed(0)
    tensors = {
        key: torch.rand(value.shape, generator=generator)
        if value.is_floating_point()
        else torch.zeros(value.shape, dtype=value.dtype)
        for key, value in form.empty("module.").items()
    }
    path.parent.mkdir(exist_ok=True)
    torch.save({"epoch": 150, "arch": TARGET, "state_dict": tensors}, path)


def write_settings(root: Path) -> None:
    """Config, recipe and sheets of this pair alone."""
    working_copy(
        root, EPOCHS, pairs=[PAIR[0]], quick_pairs=[PAIR[0]], data={"name": "folder", "path": "images"}
    )
    keep_pairs(root, "mobilenet_v2", PAIR[0])


def make(root: Path) -> None:
    """All that the stages leave, undisturbed."""
    write_settings(root)
    write_images(root / "images")
    write_checkpoint(root / f"weights/{TARGET}.checkpoint")
    before = {"train": train(LEARNT), "evaluate": evaluate(LEARNT)}
    for name, stage in STAGES.items():
        for step in filter(None, (before.get(name), stage)):
            ended = dcanet(root, *step.command)
            assert ended.code == 0, ended.text
