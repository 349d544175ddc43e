"""Time COCO's evaluation by hotcoco and by pycocotools on one set of detections, and the bootstrap of AP.

    python benchmarks/detection_evaluation.py

The set is made up, as large as COCO's val2017 with 90 detections an image. Every round runs each way once,
and ratios are taken within a round. See benchmarks/detection_evaluation.md.
"""

import argparse
import json
import os
import resource
import statistics
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import hotcoco
import numpy as np
from tqdm import tqdm

from dcanet.evaluation.ap_bootstrap import bootstrap_ap, paired_intervals
from dcanet.evaluation.coco_engine import evaluator
from dcanet.evaluation.coco_ground_truth import GroundTruth, read_ground_truth
from dcanet.evaluation.coco_metrics import coco_numbers
from dcanet.evaluation.coco_oracle import oracle_numbers
from dcanet.evaluation.detections import Detections
from dcanet.provenance import processor

CATEGORIES = 80
OBJECTS = 7.3
"""Mean number in an image."""


@dataclass
class Timing:
    """Seconds of each run, and of all processors."""

    name: str
    seconds: list[float] = field(default_factory=list)
    cpu_seconds: list[float] = field(default_factory=list)

    def run(self, work: Callable[[], Any]) -> Any:
        begin, used = time.perf_counter(), _cpu_seconds()
        result = work()
        self.seconds.append(time.perf_counter() - begin)
        self.cpu_seconds.append(_cpu_seconds() - used)
        return result

    def row(self) -> str:
        median = statistics.median
        return f"| {self.name} | {median(self.seconds):.2f} | {median(self.cpu_seconds):.2f} |"


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--images", type=int, default=5000, help="default: %(default)s")
    parser.add_argument("--detections", type=int, default=450_000, help="default: %(default)s")
    parser.add_argument("--resamples", type=int, default=1000, help="default: %(default)s")
    parser.add_argument("--rounds", type=int, default=3, help="default: %(default)s")
    options = parser.parse_args()
    random = np.random.default_rng(0)
    truth = made_up(random, options.images)
    detections = found(random, truth, options.detections)
    # Another detector, by and large: the same with its scores shaken.
    shaken = np.clip(detections.scores + random.normal(scale=0.02, size=len(detections.scores)), 0, 1)
    other = Detections.of(
        truth.images, detections.image_ids, detections.category_ids, detections.boxes, shaken
    )

    fast, exact = Timing("the twelve numbers, hotcoco"), Timing("the twelve numbers, pycocotools")
    one = Timing(f"bootstrap of AP, AP50, AP75, {options.resamples:,} resamples")
    six = Timing(f"bootstrap of all six APs, {options.resamples:,} resamples")
    theirs = Timing("hotcoco.compare, 10 resamples of a pair")
    pair = [evaluator(truth, boxes) for boxes in (detections, other)]
    for _ in tqdm(range(options.rounds), desc="rounds"):
        numbers, _ = fast.run(lambda: coco_numbers(truth, detections))
        expected = exact.run(lambda: oracle_numbers(truth, detections))
        baseline = one.run(lambda: bootstrap_ap(truth, detections, options.resamples, areas=("all",)))
        six.run(lambda: bootstrap_ap(truth, detections, options.resamples))
        theirs.run(lambda: hotcoco.compare(*pair, n_bootstrap=10))
        difference = max(abs(getattr(numbers, name) - value) for name, value in expected)
    paired = paired_intervals(baseline, bootstrap_ap(truth, other, options.resamples, areas=("all",)))["ap"]

    print(f"\n{len(truth.images):,} images, {len(truth.annotations):,} annotations, ", end="")
    print(f"{len(detections.scores):,} detections, {CATEGORIES} categories; AP {numbers.ap:.2f}")
    print(f"{processor()}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}, {options.rounds} rounds\n")
    print("| what | seconds | CPU seconds |\n| --- | ---: | ---: |")
    for timing in (fast, exact, one, six, theirs):
        print(timing.row())
    print(f"\nlargest difference of a number: {difference:.1e} percent")
    print("pycocotools over hotcoco:", ratios(exact.seconds, fast.seconds))
    a_thousand = [seconds * options.resamples / 10 for seconds in theirs.seconds]
    print("hotcoco.compare over the bootstraps of a pair:", ratios(a_thousand, [2 * s for s in one.seconds]))
    print(f"paired difference: {paired.value:.2f} ({paired.low:.2f} to {paired.high:.2f})")
    print(f"largest memory: {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20:.1f} GiB")


def made_up(random: np.random.Generator, images: int) -> GroundTruth:
    """Images of 640 x 480 pixels with objects of frequent and rare categories; 1 % crowds."""
    counts = random.poisson(OBJECTS, images)
    boxes = _boxes(random, counts.sum())
    annotations = [
        {
            "id": number,
            "image_id": image,
            "category_id": category,
            "bbox": box,
            "area": 0.6 * box[2] * box[3],
            "iscrowd": crowd,
        }
        for number, (image, category, box, crowd) in enumerate(
            zip(
                np.repeat(np.arange(1, images + 1), counts).tolist(),
                _categories(random, len(boxes)).tolist(),
                boxes.round(2).tolist(),
                (random.random(len(boxes)) < 0.01).astype(int).tolist(),
                strict=True,
            ),
            start=1,
        )
    ]
    document = {
        "images": [
            {"id": image, "file_name": f"{image}.jpg", "width": 640, "height": 480}
            for image in range(1, images + 1)
        ],
        "categories": [{"id": kind, "name": f"kind {kind}"} for kind in range(1, CATEGORIES + 1)],
        "annotations": annotations,
    }
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "instances.json"
        path.write_text(json.dumps(document))
        return read_ground_truth(path)


def found(random: np.random.Generator, truth: GroundTruth, number: int) -> Detections:
    """Detections near objects, better ones with higher scores by and large, and many beside them."""
    rows = np.repeat(truth.annotations, random.poisson(2.5, len(truth.annotations)))
    shifts = random.gamma(1.5, 0.06, (len(rows), 1)) * random.normal(size=(len(rows), 4))
    near = rows["box"] + shifts * np.tile(rows["box"][:, 2:], 2)
    quality = 2 - 8 * np.abs(shifts).sum(axis=1) + random.normal(size=len(rows))
    kinds = np.where(random.random(len(rows)) < 0.8, rows["category"], _categories(random, len(rows)))
    beside = number - len(rows)
    boxes = np.concatenate([near, _boxes(random, beside)])
    boxes[:, 2:] = np.abs(boxes[:, 2:])
    return Detections.of(
        truth.images,
        np.concatenate([rows["image"], random.choice(truth.images, beside)]),
        np.concatenate([kinds, _categories(random, beside)]),
        boxes.astype(np.float32),
        np.concatenate([1 / (1 + np.exp(-quality)), 0.9 * random.beta(1, 8, beside)]).astype(np.float32),
    )


def _categories(random: np.random.Generator, number: int) -> np.ndarray:
    frequency = 1 / np.arange(1, CATEGORIES + 1)
    return random.choice(CATEGORIES, number, p=frequency / frequency.sum()) + 1


def _boxes(random: np.random.Generator, number: int) -> np.ndarray:
    sides = np.exp(random.uniform(2, 5.8, (number, 2)))
    return np.concatenate([random.random((number, 2)) * (600, 440), sides], axis=1)


def ratios(slow: list[float], quick: list[float]) -> str:
    """The median over the rounds, the smallest and the largest."""
    each = [a / b for a, b in zip(slow, quick, strict=True)]
    return f"{statistics.median(each):.1f} ({min(each):.1f} to {max(each):.1f})"


def _cpu_seconds() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


if __name__ == "__main__":
    main()
