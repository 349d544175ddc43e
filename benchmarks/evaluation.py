"""Time `dcanet evaluate` on a CPU beside timm's validate.py: same model, same images, interleaved.

    python -m benchmarks evaluation --weights W --data DATA --validate validate.py --timm "" "--workers 0"

`--validate` is the script of timm's repository, `--timm-python` an interpreter that has timm. Every round
runs each command once and compares within the round. The first of timm's settings is the one that is held
against ours as it is; the fastest of them is its best. Beforehand, untimed, both programs' first guesses
are compared image by image.
"""

import argparse
import csv
import json
import os
import re
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import asdict, dataclass, field
from importlib import resources
from pathlib import Path
from typing import Any

import torch
from tqdm import tqdm

from dcanet.documents import Metrics, Provenance
from dcanet.errors import UserError
from dcanet.evaluation.predictions import Predictions
from dcanet.weights.store import load_model, read_metadata

from .outcome import Figure, Outcome, Stopwatch
from .timm_names import TIMM_MODELS

WNIDS = resources.files("dcanet.data").joinpath("imagenet_wnids.txt")

TO_TIMM = """
import sys, timm, torch
source, model, target = sys.argv[1:]
found = torch.load(source, weights_only=True)
wanted = timm.create_model(model).state_dict()
assert len(found) == len(wanted), (len(found), len(wanted))
renamed = dict(zip(wanted, found.values()))
assert all(renamed[key].shape == tensor.shape for key, tensor in wanted.items())
torch.save(renamed, target)
"""

GUESSES = """
import csv, sys, timm, torch
from timm.data import create_dataset, create_loader
model_name, checkpoint, folder, classes, out = sys.argv[1:]
model = timm.create_model(model_name, checkpoint_path=checkpoint).eval()
dataset = create_dataset("", folder, class_map=classes)
loader = create_loader(dataset, (3, 224, 224), 32, interpolation="bilinear", crop_pct=0.875, num_workers=2,
                       device=torch.device("cpu"))
guesses, best = [], []
with torch.inference_mode():
    for images, _ in loader:
        logits = model(images)
        guesses += logits.argmax(1).tolist()
        best += logits.max(1).values.tolist()
with open(out, "w", newline="") as file:
    csv.writer(file).writerows(zip(dataset.filenames(), guesses, best))
"""


@dataclass
class Timing:
    """A command's runs: seconds of the whole command, of all processors, and of the part with images."""

    name: str
    command: list[str]
    seconds: list[float] = field(default_factory=list)
    cpu_seconds: list[float] = field(default_factory=list)
    inside: list[float] = field(default_factory=list)
    load_before: list[float] = field(default_factory=list)
    top1_percent: float = 0.0


def measure(options: argparse.Namespace) -> Outcome:
    model = read_metadata(options.weights).model
    if model not in TIMM_MODELS:
        raise UserError(
            f"--weights: timm has no twin of {model} here; give those of {' or '.join(TIMM_MODELS)}"
        )
    environment = os.environ | {"OMP_NUM_THREADS": str(options.threads)}
    watch = Stopwatch("evaluation")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        checkpoint = to_timm(options, TIMM_MODELS[model], folder)
        ours = [sys.executable, "-m", "dcanet.cli", "evaluate", "--device", "cpu"]
        ours += ["--weights", options.weights, "--data", options.data]
        ours += ["--threads", options.threads, "--out", folder / "eval", *options.ours]
        theirs = [options.timm_python, options.validate, "--device", "cpu"]
        theirs += ["--data-dir", options.data / "val", "--class-map", folder / "wnids.txt"]
        theirs += ["--model", TIMM_MODELS[model], "--checkpoint", checkpoint]
        theirs += ["--interpolation", "bilinear", "--crop-pct", "0.875", "--log-freq", "1"]
        timings = [Timing("dcanet evaluate", list(map(str, ours)))]
        for settings in options.timm:
            label = f"validate.py {settings}".strip()
            timings.append(Timing(label, [*map(str, theirs), *settings.split()]))

        agreement = compare(options, TIMM_MODELS[model], checkpoint, folder, timings[0], environment)
        print(agreement)
        for _ in tqdm(range(options.rounds), desc="rounds", disable=None):
            for timing in timings:
                run(timing, folder / "eval", environment)
        images = Metrics.load(folder / "eval/metrics.json").images
    others = {"timm": timm_version(options.timm_python)}
    return watch.done(figures(model, options, timings, images, agreement), details(timings, images), others)


def figures(
    model: str, options: argparse.Namespace, timings: list[Timing], images: int, agreement: str
) -> list[Figure]:
    """Their time over ours in each round, of the same settings and of the fastest."""
    ours, *theirs = timings
    fastest = min(theirs, key=lambda timing: statistics.median(timing.seconds))
    decoding = "decoding and resizing alone, as many at once as there are cores, bound it"
    found = []
    for target, other in (("evaluation", theirs[0]), ("evaluation_best", fastest)):
        rounds = [a / b for a, b in zip(other.seconds, ours.seconds, strict=True)]
        sides = {
            f"{timing.name}, images/s": images / statistics.median(timing.seconds) for timing in (ours, other)
        }
        case = f"{model}, {options.threads} threads, {other.name}"
        found.append(Figure.of(target, case, rounds, sides=sides, note=agreement, limit=decoding))
    return found


def details(timings: list[Timing], images: int) -> dict[str, Any]:
    """All timings, without the folders that they ran in."""
    return {
        "images": images,
        "timings": {timing.name: asdict(timing) | {"command": None} for timing in timings},
    }


def timm_version(python: Path) -> str:
    command = [str(python), "-c", "import timm; print(timm.__version__)"]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()


def add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--weights", type=Path, required=True, help="of mobilenet_v2 or resnet50, 1,000 classes"
    )
    parser.add_argument("--data", type=Path, required=True, help="folder with val/<wnid>/<image>")
    parser.add_argument("--validate", type=Path, required=True, help="timm's validate.py")
    parser.add_argument(
        "--timm-python",
        type=Path,
        default=Path(sys.executable),
        help="interpreter that has timm (default: this)",
    )
    parser.add_argument(
        "--timm", nargs="+", default=[""], metavar="FLAGS", help="settings of validate.py to time"
    )
    parser.add_argument(
        "--ours", type=str.split, default=[], metavar="FLAGS", help="more flags of dcanet evaluate"
    )
    parser.add_argument("--threads", type=int, default=os.cpu_count(), help="of both (default: %(default)s)")
    parser.add_argument("--rounds", type=int, default=5, help="default: %(default)s")


def to_timm(options: argparse.Namespace, timm_model: str, folder: Path) -> Path:
    """Our weights under timm's names, and the class map of its reader."""
    torch.save(load_model(options.weights).state_dict(), folder / "ours.pth")
    (folder / "wnids.txt").write_text(WNIDS.read_text())
    command = [options.timm_python, "-c", TO_TIMM, folder / "ours.pth", timm_model, folder / "timm.pth"]
    subprocess.run(list(map(str, command)), check=True)
    return folder / "timm.pth"


def compare(
    options: argparse.Namespace,
    timm_model: str,
    checkpoint: Path,
    folder: Path,
    ours: Timing,
    environment: dict[str, str],
) -> str:
    """In how many images both make the same first guess."""
    subprocess.run(ours.command, check=True, env=environment, stdout=subprocess.DEVNULL)
    data = options.data / "val"
    command = [options.timm_python, "-c", GUESSES, timm_model, checkpoint, data, folder / "wnids.txt"]
    subprocess.run([*map(str, command), str(folder / "guesses.csv")], check=True, env=environment)
    with open(folder / "guesses.csv", newline="") as file:
        theirs = {str(Path(*Path(image).parts[-2:])): int(guess) for image, guess, _ in csv.reader(file)}
    found = Predictions.load(folder / "eval/predictions.parquet")
    guesses = dict(zip(found.images, found.top5[:, 0].tolist(), strict=True))
    if guesses.keys() != theirs.keys():
        raise SystemExit("the two programs did not see the same images")
    differing = [image for image, guess in guesses.items() if theirs[image] != guess]
    listed = f" (not in {', '.join(differing[:5])})" if differing else ""
    return f"same first guess in {len(guesses) - len(differing)} of {len(guesses)} images{listed}"


def run(timing: Timing, out: Path, environment: dict[str, str]) -> None:
    """Time one run of a command."""
    timing.load_before.append(os.getloadavg()[0])
    begin, cpu_begin = time.perf_counter(), _cpu_seconds_of_children()
    done = subprocess.run(timing.command, check=True, env=environment, capture_output=True, text=True)
    timing.seconds.append(time.perf_counter() - begin)
    timing.cpu_seconds.append(_cpu_seconds_of_children() - cpu_begin)
    if "validate.py" in timing.name:
        # timm prints the running mean of the seconds per batch; a batch includes waiting for its images.
        batches = re.findall(r"Test: \[\s*\d+/(\d+)\]\s+Time: [\d.]+s \(([\d.]+)s", done.stderr + done.stdout)
        count, mean = batches[-1]
        timing.inside.append(int(count) * float(mean))
        timing.top1_percent = json.loads(done.stdout.partition("--result")[2])["top1"]
    else:
        stages = Provenance.load(out / "provenance.json")
        timing.inside.append((stages.ended - stages.started).total_seconds())
        timing.top1_percent = Metrics.load(out / "metrics.json").top1_percent


def _cpu_seconds_of_children() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime
