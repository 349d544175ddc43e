"""Train from JPEGs on a GPU beside timm's train.py: images per second of an epoch, and how busy the GPU is.

    python benchmarks/gpu_training.py --data imagenette --timm-train timm/train.py --out gpu.json

`--data` is an ImageFolder of photos with train/ and val/. They are scaled to 500 x 375 pixels once and linked
as often as an epoch needs. Both sides train the same network at 224 pixels with the same batch, workers,
bfloat16 and SGD, one after the other; the first epoch of each run starts workers and chooses kernels, and is
not counted. Besides, what the GPU could do (steps on a batch that is there already) and what the processors
could (batches that nobody trains on) say which of the two is the limit.
"""

import argparse
import json
import os
import re
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import Any

import torch
import yaml
from photos import machine, write_photos
from tqdm import tqdm

from dcanet.data.augmentation import training_transform
from dcanet.data.loader import Images, TrainingLoader
from dcanet.data.locate import list_split
from dcanet.device import device_name
from dcanet.documents import read_history
from dcanet.files import write_text
from dcanet.profile_documents import Setting
from dcanet.profiling.gpu_board import GpuBoard
from dcanet.profiling.workload import Workload
from dcanet.training.recipe import Recipe

GPU = torch.device("cuda")
EPOCHS = 3
RECIPE: dict[str, Any] = {
    "epochs": EPOCHS,
    "optimizer": {"name": "sgd", "learning_rate": 0.1, "momentum": 0.9, "weight_decay": 1e-4},
    "schedule": {"name": "steps", "milestones": [30], "factor": 0.1},
    "augmentation": {"size": 224},
    "preprocessing": {"resize": 256, "crop": 224},
    "precision": "bfloat16",
}


def write_data(source: Path, root: Path, images: int) -> None:
    """train/ with `images` names of some hundred photos, val/ with a few."""
    split = write_photos(source / "train", root, 800)
    files = sorted((root / "train").glob("*/*.jpg"))
    for file in files:
        for copy in range(1, images // len(split.images)):
            os.link(file, file.with_name(f"{file.stem}-{copy}.jpg"))
        if not (there := root / "val" / file.parent.name / file.name).parent.exists():
            there.parent.mkdir(parents=True)
            os.link(file, there)


class Busy:
    """Samples a board's utilisation from a thread."""

    def __init__(self) -> None:
        self._board, self._ended = GpuBoard.of(GPU), threading.Event()
        self.samples: list[tuple[float, float]] = []
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()

    def _watch(self) -> None:
        while self._board and not self._ended.wait(0.1):
            if (percent := self._board.busy_percent()) is not None:
                self.samples.append((time.time(), percent))

    def end(self, seconds: float) -> float | None:
        """Mean of what was seen in the last `seconds`."""
        now = time.time()
        self._ended.set()
        self._thread.join()
        last = [percent for when, percent in self.samples if when > now - seconds]
        return statistics.fmean(last) if last else None


def ours(model: str, data: Path, options: argparse.Namespace, folder: Path) -> dict[str, Any]:
    recipe = folder / "recipe.yaml"
    write_text(
        recipe, yaml.safe_dump(RECIPE | {"batch_size": options.batch_size, "compile": options.compile})
    )
    out = folder / f"ours-{time.monotonic_ns()}"
    line = [sys.executable, "-m", "dcanet.cli", "train", "--model", model, "--data", str(data)]
    line += [
        "--recipe",
        str(recipe),
        "--out",
        str(out),
        "--device",
        "cuda",
        "--workers",
        str(options.workers),
    ]
    busy = Busy()
    _run(line, folder)
    epochs = read_history(out / "history.jsonl")[1:]
    speeds = [epoch.images_per_second for epoch in epochs]
    # Storing the weights comes after the last epoch and takes about a second.
    return {"images_per_second": speeds, "busy_percent": busy.end(1 + epochs[-1].seconds)}


def theirs(model: str, data: Path, options: argparse.Namespace, folder: Path) -> dict[str, Any]:
    line = [sys.executable, str(options.timm_train), "--data-dir", str(data), "--model", model]
    line += ["--train-split", "train", "--val-split", "val", "--num-classes", "10", "--epochs", str(EPOCHS)]
    line += ["-b", str(options.batch_size), "-j", str(options.workers), "--amp", "--amp-dtype", "bfloat16"]
    line += ["--channels-last", "--opt", "sgd", "--lr", "0.1", "--weight-decay", "1e-4", "--sched", "step"]
    line += ["--warmup-epochs", "0", "--log-interval", "20", "--output", str(folder / "timm")]
    # The same augmentation: crops and flips alone.
    line += ["--color-jitter", "0", "--train-interpolation", "bilinear", "--pin-mem"]
    busy = Busy()
    text = _run(line, folder)
    # Of an epoch's lines the last has its mean: "... 2412.5/s (0.106s, 2410.2/s)".
    found: dict[int, float] = {}
    for epoch, mean in re.findall(r"Train: (\d+) \[.*?/s\s+\(\s*[\d.]+s,\s*([\d.]+)/s\)", text):
        found[int(epoch)] = float(mean)
    if len(found) < EPOCHS:
        raise SystemExit(f"timm's output has no speeds of {EPOCHS} epochs:\n{text[-2000:]}")
    speeds = [found[epoch] for epoch in range(1, EPOCHS)]
    return {"images_per_second": speeds, "busy_percent": busy.end(options.images / speeds[-1])}


def _run(line: list[str], folder: Path) -> str:
    done = subprocess.run(line, cwd=folder, capture_output=True, text=True)
    if done.returncode:
        raise SystemExit(f"{' '.join(line)}\n{done.stdout[-2000:]}{done.stderr[-3000:]}")
    return done.stdout + done.stderr


def gpu_limit(model: str, options: argparse.Namespace) -> float:
    """Images per second of training steps on a batch that is on the GPU already."""
    torch.backends.cudnn.benchmark = True
    setting = Setting(work="training_step", batch_size=options.batch_size, precision="bfloat16")
    work = Workload(model, {}, setting, (224, 224), GPU)
    for _ in range(10):
        work.run()
    work.synchronize()
    started = time.perf_counter()
    for _ in range(30):
        work.run()
    work.synchronize()
    return 30 * options.batch_size / (time.perf_counter() - started)


def processor_limit(data: Path, options: argparse.Namespace) -> float:
    """Images per second of the training loader alone."""
    recipe = Recipe.model_validate(RECIPE | {"batch_size": options.batch_size})
    assert recipe.augmentation is not None
    images = Images(list_split(data, "train"), training_transform(recipe.augmentation))
    loader = TrainingLoader(images, options.batch_size, options.batch_size, 0, options.workers, pin=True)
    for _ in loader.epoch(0):
        pass
    started = time.perf_counter()
    seen = sum(len(batch[0][0]) for batch in loader.epoch(1))
    return seen / (time.perf_counter() - started)


def measure(model: str, data: Path, options: argparse.Namespace, folder: Path) -> dict[str, Any]:
    sides = {"ours": ours, "theirs": theirs} if options.timm_train else {"ours": ours}
    found: dict[str, Any] = {name: {"images_per_second": [], "busy_percent": []} for name in sides}
    for name in [*sides, *reversed(sides)][: 2 * len(sides) if options.twice else len(sides)]:
        for key, value in sides[name](model, data, options, folder).items():
            found[name][key] += value if isinstance(value, list) else [value]
    found["gpu_limit"] = gpu_limit(model, options)
    if options.timm_train:
        medians = [statistics.median(found[name]["images_per_second"]) for name in ("ours", "theirs")]
        found["ratio"] = medians[0] / medians[1]
    return found


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--timm-train", type=Path, help="train.py of timm's repository; else ours alone")
    parser.add_argument("--models", nargs="+", default=["resnet50"], help="default: %(default)s")
    parser.add_argument("--batch-size", type=int, default=256, help="default: %(default)s")
    parser.add_argument("--workers", type=int, default=(os.cpu_count() or 2) - 1, help="default: %(default)s")
    parser.add_argument("--images", type=int, default=16_000, help="of an epoch (default: %(default)s)")
    parser.add_argument("--twice", action="store_true", help="A B B A instead of A B")
    parser.add_argument("--compile", action="store_true", help="our network by torch.compile")
    parser.add_argument("--out", type=Path, required=True, help="JSON file to write")
    options = parser.parse_args()
    if options.timm_train:
        options.timm_train = options.timm_train.resolve()
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        write_data(options.data, folder / "photos", options.images)
        split = list_split(folder / "photos", "train")
        result: dict[str, Any] = {
            "machine": f"{device_name(GPU)}; {machine(split)}",
            "batch_size": options.batch_size,
            "workers": options.workers,
            "processor_limit": processor_limit(folder / "photos", options),
            "models": {},
        }
        for model in tqdm(options.models, unit="network", disable=None):
            result["models"][model] = measure(model, folder / "photos", options, folder)
            write_text(options.out, json.dumps(result, indent=2) + "\n")
    print(json.dumps(result, indent=2))


if __name__ == "__main__":
    main()
