"""What a ResNet50 of ImageNet's size leaves on the disk beside the bare weights, finished and unfinished.

A real `dcanet train` on images of 32 pixels of 1,000 classes is stopped by SIGTERM after a few steps, so
that its state is there, and finished by the same command. An evaluation of 50,000 images follows, whose
answers are made up: random probabilities, which do not compress. History and TensorBoard events are written
as 100 epochs write them. Bare weights are four bytes for each number of them.
"""

import argparse
import os
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from unittest import mock

import numpy as np
from PIL import Image
from safetensors import safe_open

from dcanet.data.settings import Preprocessing
from dcanet.documents import EpochRecord, write_history
from dcanet.errors import UserError
from dcanet.evaluation.evaluate import evaluate
from dcanet.evaluation.predictions import Predictions
from dcanet.signals import CONTINUE
from dcanet.training.events import Events
from dcanet.training.state_note import saved_steps

from .commands import ROOT, beside_python
from .outcome import Figure, Outcome, Stopwatch

CLASSES = 1000
EPOCHS = 100
RECIPE = """epochs: {epochs}
batch_size: 8
optimizer: {{name: sgd, learning_rate: 0.001, momentum: 0.9, weight_decay: 0.0001}}
schedule: {{name: steps, milestones: [30, 60, 90], factor: 0.1}}
augmentation: {{size: 32}}
preprocessing: {{resize: 32, crop: 32}}
"""
#: Of the training; 125 are an epoch.
STEPS = 12


def add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--model", default="resnet50", help="default: %(default)s")
    parser.add_argument("--images", type=int, default=50_000, help="default: %(default)s")


def measure(options: argparse.Namespace) -> Outcome:
    watch = Stopwatch("disk")
    with tempfile.TemporaryDirectory() as place:
        home = Path(place)
        data = made_up_data(home / "data", options.images)
        run = home / "results" / "classification" / options.model / "seed0"
        recipe = home / "recipe.yaml"
        recipe.write_text(RECIPE.format(epochs=STEPS * 8 / CLASSES))
        command = [
            beside_python("dcanet"),
            *("train", "--model", options.model, "--seed", "0", "--data", str(data), "--recipe", str(recipe)),
            *("--device", "cpu", "--threads", "1", "--save-minutes", "0"),
            *("--state", str(run / "state"), "--out", str(run / "train")),
        ]
        unfinished = stopped(command, run / "state")
        subprocess.run(command, cwd=home, env=surroundings(), check=True, stdout=subprocess.DEVNULL)
        write_epochs(run / "train")
        with mock.patch("dcanet.evaluation.evaluate.predict", made_up_answers):
            weights = run / "train" / "model.safetensors"
            evaluate(weights, data, Preprocessing(resize=256, crop=224), run / "eval", device="cpu")
        sizes: dict[str, int] = {}
        for path, size in files_in(run):
            # TensorBoard's files are called after the machine.
            named = path.parent if path.parent.name == "tensorboard" else path
            name = str(named.relative_to(run))
            sizes[name] = sizes.get(name, 0) + size
        bare = bare_bytes(weights)
    case = f"{options.model}, {options.images:,} images, {CLASSES:,} classes, {EPOCHS} epochs"
    total = sum(sizes.values())
    figures = [
        Figure(
            target="disk",
            case=case,
            value=total / bare,
            sides={
                "bare_weights_mb": bare / 1e6,
                "weights_mb": sizes["train/model.safetensors"] / 1e6,
                "predictions_mb": sizes["eval/predictions.parquet"] / 1e6,
                "metrics_mb": sizes["eval/metrics.json"] / 1e6,
                "state_mb": sum(size for name, size in sizes.items() if name.startswith("state/")) / 1e6,
                "all_mb": total / 1e6,
            },
            limit="1: the weights alone, as 32-bit numbers",
        ),
        Figure(
            target="disk_state",
            case=f"{options.model}, SGD with momentum",
            value=unfinished / bare,
            sides={"bare_weights_mb": bare / 1e6, "state_mb": unfinished / 1e6},
            limit="4: two generations of weights and of their momentum, so that a kill while one is written "
            "leaves the other",
            note="gone when the training has written its results",
        ),
    ]
    return watch.done(figures, {"bytes": sizes}, {})


def made_up_data(folder: Path, images: int) -> Path:
    """One picture for each class to train on; of the validation images the names."""
    random = np.random.default_rng(0)
    for number in range(CLASSES):
        kind = folder / "train" / f"n{number:08}"
        kind.mkdir(parents=True)
        pixels = random.integers(0, 256, (32, 32, 3), dtype=np.uint8)
        Image.fromarray(pixels).save(kind / f"n{number:08}_1.JPEG")
        (folder / "val" / f"n{number:08}").mkdir(parents=True)
    for number in range(images):
        (folder / "val" / f"n{number % CLASSES:08}" / f"ILSVRC2012_val_{number + 1:08}.JPEG").touch()
    return folder


def surroundings() -> dict[str, str]:
    return dict(os.environ) | {"PYTHONPATH": str(ROOT)}


def stopped(command: list[str], state: Path) -> int:
    """Bytes of the state that a training leaves that is told to stop once it has two generations."""
    process = subprocess.Popen(command, env=surroundings(), stdout=subprocess.DEVNULL)
    while len(saved_steps(state)) < 2 and process.poll() is None:
        time.sleep(0.05)
    process.send_signal(signal.SIGTERM)
    if (code := process.wait()) != CONTINUE:
        raise UserError(f"dcanet train: exit code {code} in place of {CONTINUE}; give it more steps")
    return sum(size for _, size in files_in(state))


def write_epochs(folder: Path) -> None:
    """History and events of a whole training in place of those of a few steps."""
    random = np.random.default_rng(0)
    records = [
        EpochRecord(
            epoch=epoch,
            learning_rate=0.1 * 0.1 ** (epoch // 30),
            train_loss=7 * 0.98**epoch + random.random() / 10,
            train_top1_percent=70 * random.random(),
            valid_loss=7 * 0.98**epoch + random.random() / 10,
            valid_top1_percent=70 * random.random(),
            valid_top5_percent=90 * random.random(),
            seconds=1000 * random.random(),
            images_per_second=1000 * random.random(),
        )
        for epoch in range(1, EPOCHS + 1)
    ]
    write_history(folder / "history.jsonl", records)
    events = Events(folder / "tensorboard", 0)
    for record in records:
        events.add(record)
    events.close()


def made_up_answers(model: Any, images: Any, names: list[str], *_: Any) -> Iterator[Predictions]:
    random = np.random.default_rng(0)
    exponentials = np.exp(random.gumbel(size=(len(names), 20)))
    scores = np.sort(exponentials / exponentials.sum(axis=1, keepdims=True), axis=1)[:, ::-1][:, :5]
    targets = np.array(images.split.targets)
    top5 = np.stack([random.permutation(CLASSES)[:5] for _ in names])
    right = random.random(len(names)) < 0.75
    top5[right, 0] = targets[right]
    yield Predictions(list(names), targets, top5, scores.astype(np.float32), random.gamma(1, 1, len(names)))


def files_in(folder: Path) -> Iterator[tuple[Path, int]]:
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            yield path, path.stat().st_size


def bare_bytes(weights: Path) -> int:
    with safe_open(weights, framework="np") as file:
        shapes = [file.get_slice(name).get_shape() for name in file.keys()]  # noqa: SIM118
    return 4 * sum(int(np.prod(shape)) for shape in shapes)
