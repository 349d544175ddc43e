"""Train from JPEGs beside timm's train.py and torchvision's reference: images per second of epochs and steps.

    python -m benchmarks training --data imagenette --timm-train timm/train.py --device cuda

`--data` is an ImageFolder of photos with train/. They are scaled to 500 x 375 pixels once and linked as
often as an epoch needs. All sides train the same network with the same size, batch, workers, precision and
SGD, one after the other; the first epoch of each starts workers and chooses kernels, and is not counted.
timm is told to lay images out channels_last; torchvision's reference (plain_training.py) has no such
option. Besides, what the device could do (steps on a batch that is there already) and what the processors
could (batches that nobody trains on) say which of the two is the limit. On a CPU all is in float32 on all
cores unless OMP_NUM_THREADS says otherwise.
"""

import argparse
import os
import re
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import Any

import torch
import torchvision
import yaml
from torch import nn
from torch.nn import functional as F

from dcanet.data.augmentation import training_transform
from dcanet.data.loader import Images, TrainingLoader
from dcanet.data.locate import list_split
from dcanet.device import autocast, choose_device
from dcanet.documents import read_history
from dcanet.files import write_text
from dcanet.profile_documents import Setting
from dcanet.profiling.gpu_board import GpuBoard
from dcanet.profiling.workload import Workload
from dcanet.training.recipe import Recipe

from .outcome import Figure, Outcome, Stopwatch
from .own_process import ready
from .photos import decoder, write_photos
from .timm_names import TIMM_MODELS

EPOCHS = 2
#: Of a device: network, images of an epoch, of a batch, pixels a side.
USUAL = {"cuda": ("resnet50", 48_000, 256), "cpu": ("mobilenet_v2", 320, 32)}
#: Timed blocks of steps, and how many steps a block has.
BLOCKS = {"cuda": (3, 20), "cpu": (3, 2)}


def add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--data", type=Path, required=True, help="ImageFolder of photos with train/")
    parser.add_argument(
        "--timm-train", type=Path, help="train.py of timm's repository; else without timm's epoch"
    )
    parser.add_argument("--device", choices=USUAL, default="cpu", help="default: %(default)s")
    parser.add_argument("--model", choices=TIMM_MODELS, help="default: resnet50 on a GPU, else mobilenet_v2")
    parser.add_argument("--batch-size", type=int, help="default: 256 on a GPU, else 32")
    parser.add_argument("--images", type=int, help="of an epoch (default: 48,000 on a GPU, else 320)")
    parser.add_argument("--workers", type=int, help="loader processes (default: cores less one)")
    parser.add_argument(
        "--rounds", type=int, default=1, help="how often each side trains (default: %(default)s)"
    )


def measure(options: argparse.Namespace) -> Outcome:
    device = choose_device(options.device)
    usual = USUAL[device.type]
    options.model = options.model or usual[0]
    options.images, options.batch_size = options.images or usual[1], options.batch_size or usual[2]
    if options.workers is None:
        options.workers = max(1, (os.cpu_count() or 2) - 1)
    watch = Stopwatch("training", device.type)
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        _tell("writing photos")
        write_data(options.data, folder / "photos", options.images)
        _tell("steps on a batch that is there")
        steps = step_speeds(options, device)
        _tell("loading alone")
        loading = loader_speed(folder / "photos", options)
        sides: dict[str, Side] = {"ours": ours, "torchvision": torchvisions}
        if options.timm_train:
            sides["timm"] = timms
        epochs: dict[str, list[Run]] = {name: [] for name in sides}
        for number in range(options.rounds):
            for name, side in sides.items():
                _tell(f"round {number + 1} of {options.rounds}, epochs: {name}")
                epochs[name].append(side(folder / "photos", options, folder))
    figures = [*step_figures(options, steps), *epoch_figures(options, epochs, steps, loading)]
    details = {
        "model": options.model,
        "batch_size": options.batch_size,
        "workers": options.workers,
        "images": options.images,
        "steps": steps,
        "epochs": epochs,
        "loader_images_per_second": loading,
    }
    others = {"timm": _timm_version(), "torchvision": torchvision.__version__, "decoder": decoder()}
    return watch.done(figures, details, others)


Run = dict[str, float]
Side = Callable[[Path, argparse.Namespace, Path], Run]


def step_figures(options: argparse.Namespace, steps: dict[str, list[float]]) -> list[Figure]:
    found = []
    for theirs in (name for name in steps if name != "ours"):
        rounds = [ours / other for ours, other in zip(steps["ours"], steps[theirs], strict=True)]
        sides = {f"{name}, images/s": statistics.median(steps[name]) for name in ("ours", theirs)}
        target = f"training_step_{options.device.replace('cuda', 'gpu')}"
        found.append(Figure.of(target, f"{options.model}, {theirs}", rounds, sides=sides))
    return found


def epoch_figures(
    options: argparse.Namespace, epochs: dict[str, list[Run]], steps: dict[str, list[float]], loading: float
) -> list[Figure]:
    device = options.device.replace("cuda", "gpu")
    at_best = statistics.median(steps["ours"])
    limit = f"steps on a batch that is there: {at_best:,.0f} images/s; loading alone: {loading:,.0f} images/s"
    found = []
    for theirs in (name for name in epochs if name != "ours"):
        speeds = {name: [run["images_per_second"] for run in epochs[name]] for name in ("ours", theirs)}
        rounds = [ours / other for ours, other in zip(*speeds.values(), strict=True)]
        sides = {f"{name}, images/s": statistics.median(speed) for name, speed in speeds.items()}
        found.append(
            Figure.of(
                f"training_epoch_{device}", f"{options.model}, {theirs}", rounds, sides=sides, limit=limit
            )
        )
    for name, runs in epochs.items():
        if busy := [run["busy_percent"] for run in runs if "busy_percent" in run]:
            found.append(Figure.of("gpu_busy", f"{options.model}, {name}", busy, limit=limit))
    return found


def write_data(source: Path, root: Path, images: int) -> None:
    """train/ with `images` names of some hundred photos, val/ with a few."""
    split = write_photos(source / "train", root, min(images, 800))
    files = sorted((root / "train").glob("*/*.jpg"))
    for file in files:
        for copy in range(1, images // len(split.images)):
            os.link(file, file.with_name(f"{file.stem}-{copy}.jpg"))
        if not (there := root / "val" / file.parent.name / file.name).parent.exists():
            there.parent.mkdir(parents=True)
            os.link(file, there)


class Busy:
    """Samples a board's utilisation from a thread; on a CPU there is nothing to sample."""

    def __init__(self, device: str) -> None:
        self._board = GpuBoard.of(torch.device(device)) if device == "cuda" else None
        self._ended, self.samples = threading.Event(), list[tuple[float, float]]()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()

    def _watch(self) -> None:
        while self._board and not self._ended.wait(0.1):
            if (percent := self._board.busy_percent()) is not None:
                self.samples.append((time.time(), percent))

    def end(self, seconds: float) -> Run:
        """Mean of what was seen in the last `seconds`."""
        now = time.time()
        self._ended.set()
        self._thread.join()
        last = [percent for when, percent in self.samples if when > now - seconds]
        return {"busy_percent": statistics.fmean(last)} if last else {}


def ours(data: Path, options: argparse.Namespace, folder: Path) -> Run:
    out, recipe = folder / f"ours-{time.monotonic_ns()}", folder / "recipe.yaml"
    write_text(recipe, yaml.safe_dump(recipe_of(options)))
    line = [sys.executable, "-m", "dcanet.cli", "train", "--model", options.model, "--data", str(data)]
    line += ["--recipe", str(recipe), "--out", str(out), "--device", options.device]
    line += ["--workers", str(options.workers), "--threads", str(torch.get_num_threads())]
    busy = Busy(options.device)
    _run(line, folder)
    last = read_history(out / "history.jsonl")[-1]
    # Storing the weights comes after the last epoch and takes about a second.
    return {"images_per_second": last.images_per_second} | busy.end(1 + last.seconds)


def recipe_of(options: argparse.Namespace) -> dict[str, Any]:
    return {
        "epochs": EPOCHS,
        "batch_size": options.batch_size,
        "optimizer": {"name": "sgd", "learning_rate": 0.02, "momentum": 0.9, "weight_decay": 1e-4},
        "schedule": {"name": "steps", "milestones": [30], "factor": 0.1},
        "augmentation": {"size": 224},
        "preprocessing": {"resize": 256, "crop": 224},
        "precision": _precision(options.device),
    }


def timms(data: Path, options: argparse.Namespace, folder: Path) -> Run:
    line = [sys.executable, str(options.timm_train.resolve()), "--data-dir", str(data)]
    line += ["--model", TIMM_MODELS[options.model], "--device", options.device]
    line += ["--train-split", "train", "--val-split", "val", "--num-classes", "10", "--epochs", str(EPOCHS)]
    line += ["-b", str(options.batch_size), "-j", str(options.workers)]
    line += ["--channels-last", "--opt", "sgd", "--lr", "0.02", "--weight-decay", "1e-4", "--sched", "step"]
    line += ["--warmup-epochs", "0", "--log-interval", "20", "--output", str(folder / "timm")]
    # The same augmentation: crops and flips alone.
    line += ["--color-jitter", "0", "--train-interpolation", "bilinear"]
    if options.device == "cuda":
        line += ["--amp", "--amp-dtype", "bfloat16", "--pin-mem"]
    busy = Busy(options.device)
    text = _run(line, folder)
    # Of an epoch's lines the last has its mean: "... 2412.5/s (0.106s, 2410.2/s)".
    found = re.findall(r"Train: (\d+) \[.*?/s\s+\(\s*[\d.]+s,\s*([\d.]+)/s\)", text)
    if not found or int(found[-1][0]) != EPOCHS - 1:
        raise SystemExit(f"timm's output has no speeds of {EPOCHS} epochs:\n{text[-2000:]}")
    speed = float(found[-1][1])
    return {"images_per_second": speed} | busy.end(options.images / speed)


def torchvisions(data: Path, options: argparse.Namespace, folder: Path) -> Run:
    script = Path(__file__).with_name("plain_training.py")
    line = [sys.executable, str(script), "--data", str(data), "--model", options.model]
    line += ["--device", options.device, "--epochs", str(EPOCHS), "--batch-size", str(options.batch_size)]
    line += ["--workers", str(options.workers), *(["--amp"] if options.device == "cuda" else [])]
    busy = Busy(options.device)
    speed = float(re.findall(r"epoch \d+: ([\d.]+) images/s", _run(line, folder))[-1])
    return {"images_per_second": speed} | busy.end(options.images / speed)


def _tell(stage: str) -> None:
    """Where it is: a run on a lent GPU may be cut off."""
    print(stage, file=sys.stderr, flush=True)


def _run(line: list[str], folder: Path) -> str:
    done = subprocess.run(line, cwd=folder, capture_output=True, text=True)
    if done.returncode:
        raise SystemExit(f"{' '.join(line)}\n{done.stdout[-2000:]}{done.stderr[-3000:]}")
    return done.stdout + done.stderr


def step_speeds(options: argparse.Namespace, device: torch.device) -> dict[str, list[float]]:
    """Images per second of training steps on a batch that is there already, A B C C B A.

    On a CPU each side has a process of its own: ours keeps freed memory there, as `dcanet train` does.
    """
    names = ["ours", "torchvision", *(["timm"] if _timm() else [])]
    rounds, calls = BLOCKS[device.type]
    found: dict[str, list[float]] = {name: [] for name in names}
    with ExitStack() as stack:
        sides = {}
        for name in names:
            steps = ready(partial(steps_of, name, options, device), device.type, keeps_memory=name == "ours")
            sides[name] = stack.enter_context(steps)
        for _ in range(rounds):
            seconds = dict.fromkeys(sides, 0.0)
            for name in [*sides, *reversed(sides)]:
                seconds[name] += sides[name]()
            for name, taken in seconds.items():
                found[name].append(2 * calls * options.batch_size / taken)
    return found


def steps_of(side: str, options: argparse.Namespace, device: torch.device) -> Callable[[], float]:
    """Seconds of a block of a side's steps, after one that nobody times."""
    torch.backends.cudnn.benchmark = True
    if side == "ours":
        setting = Setting(
            work="training_step", batch_size=options.batch_size, precision=_precision(device.type)
        )
        run = Workload(options.model, {}, setting, (224, 224), device).run
    elif side == "torchvision":
        run = plain_step(torchvision.models.get_model(options.model), options, device)
    else:
        network = _timm().create_model(TIMM_MODELS[options.model])
        run = plain_step(network, options, device, torch.channels_last)
    _, calls = BLOCKS[device.type]
    timed(run, calls, device)
    return lambda: timed(run, calls, device)


def plain_step(
    model: nn.Module,
    options: argparse.Namespace,
    device: torch.device,
    layout: torch.memory_format = torch.contiguous_format,
) -> Callable[[], None]:
    """A step of SGD as a reference script makes it."""
    model = model.to(device).to(memory_format=layout).train()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.0, momentum=0.9, weight_decay=1e-4)
    images = torch.randn(options.batch_size, 3, 224, 224, device=device).to(memory_format=layout)
    targets = torch.arange(options.batch_size, device=device) % 1000

    def run() -> None:
        with autocast(_precision(device.type), device):
            loss = F.cross_entropy(model(images), targets)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()

    return run


def timed(run: Callable[[], None], calls: int, device: torch.device) -> float:
    started = time.perf_counter()
    for _ in range(calls):
        run()
    if device.type == "cuda":
        torch.cuda.synchronize()
    return time.perf_counter() - started


def loader_speed(data: Path, options: argparse.Namespace) -> float:
    """Images per second of the training loader alone."""
    recipe = Recipe.model_validate(recipe_of(options))
    assert recipe.augmentation is not None
    images = Images(list_split(data, "train"), training_transform(recipe.augmentation))
    pin = options.device == "cuda"
    loader = TrainingLoader(images, options.batch_size, options.batch_size, 0, options.workers, pin=pin)
    for _ in zip(range(2 * options.workers), loader.epoch(0), strict=False):
        pass
    started = time.perf_counter()
    seen = sum(len(batch[0][0]) for batch in loader.epoch(1))
    return seen / (time.perf_counter() - started)


def _precision(device: str) -> str:
    return "bfloat16" if device == "cuda" else "float32"


def _timm() -> Any:
    try:
        import timm
    except ImportError:
        return None
    return timm


def _timm_version() -> str:
    return str(timm.__version__) if (timm := _timm()) else "not installed"
