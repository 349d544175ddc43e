"""COCO's twelve numbers by hotcoco beside pycocotools, and the bootstrap of AP beside hotcoco's own.

The set is made up, as large as COCO's val2017 with 90 detections an image. Every round runs each way once,
and ratios are taken within a round, of processor times: pycocotools computes on one core, hotcoco on as
many as RAYON_NUM_THREADS says. All numbers are compared in every round.
"""

import argparse
import json
import resource
import statistics
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from importlib.metadata import version
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

from .outcome import Figure, Outcome, Stopwatch

CATEGORIES = 80
OBJECTS = 7.3
"""Mean number in an image."""
#: Of a pair, by hotcoco.compare; its time grows with them.
THEIRS = 10


@dataclass
class Timing:
    """Seconds of each run by the clock, and of all processors."""

    seconds: list[float] = field(default_factory=list)
    processor_seconds: list[float] = field(default_factory=list)

    def run(self, work: Callable[[], Any]) -> Any:
        begin, used = time.perf_counter(), _processor_seconds()
        result = work()
        self.seconds.append(time.perf_counter() - begin)
        self.processor_seconds.append(_processor_seconds() - used)
        return result


def add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--images", type=int, default=5000, help="default: %(default)s")
    parser.add_argument("--detections", type=int, default=450_000, help="default: %(default)s")
    parser.add_argument("--resamples", type=int, default=1000, help="default: %(default)s")
    parser.add_argument("--rounds", type=int, default=3, help="default: %(default)s")


def measure(options: argparse.Namespace) -> Outcome:
    watch = Stopwatch("detection_evaluation")
    random = np.random.default_rng(0)
    truth = made_up(random, options.images)
    detections = found(random, truth, options.detections)
    # Another detector, by and large: the same with its scores shaken.
    shaken = np.clip(detections.scores + random.normal(scale=0.02, size=len(detections.scores)), 0, 1)
    other = Detections.of(
        truth.images, detections.image_ids, detections.category_ids, detections.boxes, shaken
    )

    fast, exact, one, six, theirs = (Timing() for _ in range(5))
    pair = [evaluator(truth, boxes) for boxes in (detections, other)]
    difference = 0.0
    for _ in tqdm(range(options.rounds), desc="rounds", leave=False, disable=None):
        numbers, _ = fast.run(lambda: coco_numbers(truth, detections))
        expected = exact.run(lambda: oracle_numbers(truth, detections))
        baseline = one.run(lambda: bootstrap_ap(truth, detections, options.resamples, areas=("all",)))
        six.run(lambda: bootstrap_ap(truth, detections, options.resamples))
        theirs.run(lambda: hotcoco.compare(*pair, n_bootstrap=THEIRS))
        apart = [abs(getattr(numbers, name) - value) for name, value in expected]
        difference = max(difference, *apart)
    paired = paired_intervals(baseline, bootstrap_ap(truth, other, options.resamples, areas=("all",)))["ap"]
    size = f"{len(truth.images):,} images, {len(detections.scores):,} detections"
    figures = [
        Figure.of(
            "coco_metrics",
            size,
            ratios(exact.processor_seconds, fast.processor_seconds),
            sides={
                "ours_processor_s": statistics.median(fast.processor_seconds),
                "theirs_processor_s": statistics.median(exact.processor_seconds),
                "ratio_by_the_clock": statistics.median(ratios(exact.seconds, fast.seconds)),
            },
            limit="matching boxes and sorting scores, in Rust",
        ),
        Figure(target="coco_difference", case=f"{size}, twelve numbers", value=difference),
        Figure.of(
            "ap_bootstrap",
            f"{size}, AP, AP50 and AP75 of a pair, {options.resamples:,} resamples",
            ratios(
                [seconds * options.resamples / THEIRS for seconds in theirs.processor_seconds],
                [2 * seconds for seconds in one.processor_seconds],
            ),
            sides={
                "ours_three_processor_s": statistics.median(one.processor_seconds),
                "ours_six_processor_s": statistics.median(six.processor_seconds),
                f"theirs_{THEIRS}_processor_s": statistics.median(theirs.processor_seconds),
            },
            note="hotcoco resamples the other nine numbers too",
        ),
    ]
    timings = {"ours": fast, "pycocotools": exact, "three": one, "six": six, "hotcoco.compare": theirs}
    details = {name: vars(timing) for name, timing in timings.items()} | {
        "annotations": len(truth.annotations),
        "ap": numbers.ap,
        "paired_difference": [paired.value, paired.low, paired.high],
        "largest_memory_gib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20,
    }
    return watch.done(figures, details, {name: version(name) for name in ("hotcoco", "scipy")})


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


def ratios(slow: list[float], quick: list[float]) -> list[float]:
    return [a / b for a, b in zip(slow, quick, strict=True)]


def _processor_seconds() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime
