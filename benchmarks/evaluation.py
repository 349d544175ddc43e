"""Time `dcanet evaluate` on a CPU beside timm's validate.py: same model, same images, interleaved.

    python benchmarks/evaluation.py --weights W --data DATA --timm-python PYTHON --validate SCRIPT

PYTHON is an interpreter that has timm, SCRIPT the validate.py of its repository. Every round runs each
command once; what is compared are medians over the rounds. Beforehand, untimed, both programs' first guesses
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

import torch
from tqdm import tqdm

from dcanet.documents import Metrics, Provenance
from dcanet.evaluation.predictions import Predictions
from dcanet.provenance import processor
from dcanet.weights.store import load_model, read_metadata

#: Ours -> timm's name of the model with the same tensors in the same order.
TIMM_MODELS = {"mobilenet_v2": "mobilenetv2_100", "resnet50": "resnet50"}
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

    def row(self, images: int, reference: "Timing") -> list[str]:
        whole, inside = statistics.median(self.seconds), statistics.median(self.inside)
        ratio = whole / statistics.median(reference.seconds)
        inside_ratio = inside / statistics.median(reference.inside)
        return [
            self.name,
            f"{whole:.1f}",
            f"{statistics.median(self.cpu_seconds):.1f}",
            f"{images / whole:.1f}",
            f"{images / inside:.1f}",
            f"{ratio:.2f}",
            f"{inside_ratio:.2f}",
            f"{self.top1_percent:.2f}",
        ]


def main() -> None:
    arguments = parse()
    metadata = read_metadata(arguments.weights)
    timm_model = TIMM_MODELS[metadata.model]
    environment = os.environ | {"OMP_NUM_THREADS": str(arguments.threads)}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        checkpoint = to_timm(arguments, timm_model, folder)
        ours = [
            sys.executable,
            "-m",
            "dcanet.cli",
            "evaluate",
            "--device",
            "cpu",
            "--weights",
            arguments.weights,
        ]
        ours += [
            "--data",
            arguments.data,
            "--threads",
            arguments.threads,
            "--out",
            folder / "eval",
            *arguments.ours,
        ]
        theirs = [
            arguments.timm_python,
            arguments.validate,
            "--data-dir",
            arguments.data / "val",
            "--device",
            "cpu",
        ]
        theirs += ["--class-map", folder / "wnids.txt", "--model", timm_model, "--checkpoint", checkpoint]
        theirs += ["--interpolation", "bilinear", "--crop-pct", "0.875", "--log-freq", "1"]
        timings = [Timing("dcanet evaluate", list(map(str, ours)))]
        for settings in arguments.timm or [""]:
            label = f"validate.py {settings}".strip()
            timings.append(Timing(label, [*map(str, theirs), *settings.split()]))

        agreement = compare(arguments, timm_model, checkpoint, folder, timings[0], environment)
        print(agreement)
        for _ in tqdm(range(arguments.rounds), desc="rounds"):
            for timing in timings:
                run(timing, folder / "eval", environment)
        images = Metrics.load(folder / "eval/metrics.json").images
    report(arguments, timings, images, agreement)


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--weights", type=Path, required=True, help="of mobilenet_v2 or resnet50, 1,000 classes"
    )
    parser.add_argument("--data", type=Path, required=True, help="folder with val/<wnid>/<image>")
    parser.add_argument("--timm-python", type=Path, required=True, help="interpreter that has timm")
    parser.add_argument("--validate", type=Path, required=True, help="timm's validate.py")
    parser.add_argument(
        "--timm", action="append", metavar="FLAGS", help="settings of validate.py to time; may be repeated"
    )
    parser.add_argument(
        "--ours", type=str.split, default=[], metavar="FLAGS", help="more flags of dcanet evaluate"
    )
    parser.add_argument("--threads", type=int, default=os.cpu_count(), help="of both (default: %(default)s)")
    parser.add_argument("--rounds", type=int, default=5, help="default: %(default)s")
    parser.add_argument("--out", type=Path, help="JSON file for all timings")
    return parser.parse_args()


def to_timm(arguments: argparse.Namespace, timm_model: str, folder: Path) -> Path:
    """Our weights under timm's names, and the class map of its reader."""
    torch.save(load_model(arguments.weights).state_dict(), folder / "ours.pth")
    (folder / "wnids.txt").write_text(WNIDS.read_text())
    command = [arguments.timm_python, "-c", TO_TIMM, folder / "ours.pth", timm_model, folder / "timm.pth"]
    subprocess.run(list(map(str, command)), check=True)
    return folder / "timm.pth"


def compare(
    arguments: argparse.Namespace,
    timm_model: str,
    checkpoint: Path,
    folder: Path,
    ours: Timing,
    environment: dict[str, str],
) -> str:
    """In how many images both make the same first guess."""
    subprocess.run(ours.command, check=True, env=environment, stdout=subprocess.DEVNULL)
    data = arguments.data / "val"
    command = [arguments.timm_python, "-c", GUESSES, timm_model, checkpoint, data, folder / "wnids.txt"]
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


def report(arguments: argparse.Namespace, timings: list[Timing], images: int, agreement: str) -> None:
    """A Markdown table, and the JSON file."""
    print(f"\n{images} images, {arguments.rounds} rounds, {arguments.threads} threads, {processor()};")
    print(f"{agreement}\n")
    header = ["command", "seconds", "CPU seconds", "images/s", "images/s inside"]
    header += ["ratio", "ratio inside", "top-1 %"]
    rows = [timing.row(images, timings[0]) for timing in timings]
    for line in [header, ["---", *["---:"] * (len(header) - 1)], *rows]:
        print(f"| {' | '.join(line)} |")
    if arguments.out:
        facts = {
            "images": images,
            "threads": arguments.threads,
            "processor": processor(),
            "torch": torch.__version__,
            "agreement": agreement,
        }
        shown = [asdict(timing) | {"command": timing.name} for timing in timings]
        arguments.out.write_text(json.dumps(facts | {"timings": shown}, indent=2) + "\n")


if __name__ == "__main__":
    main()
