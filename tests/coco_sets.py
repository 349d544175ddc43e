"""Small made-up sets of boxes for COCO's evaluation, and sets with images repeated."""

from dataclasses import replace
from pathlib import Path

import numpy as np

from dcanet.evaluation.coco_ground_truth import GroundTruth
from dcanet.evaluation.detections import Detections

ANNOTATION = np.dtype(
    [("id", "i8"), ("image", "i8"), ("category", "i8"), ("crowd", "i8"), ("box", "f8", 4), ("area", "f8")]
)


def truth_of(images, categories, rows):
    """Ground truth of rows (image, category, box, crowd); an object fills 70 % of its box."""
    annotations = np.array(
        [
            (number, image, category, crowd, box, 0.7 * box[2] * box[3])
            for number, (image, category, box, crowd) in enumerate(rows)
        ],
        ANNOTATION,
    )
    names = {number: f"kind {number}" for number in categories}
    return GroundTruth(Path("made_up.json"), np.array(images, np.int64), names, annotations)


def random_set(seed, images=6, categories=3, objects=3.0, boxes=2.0, scores=0, crowds=0.2, side=200):
    """Ground truth and detections near it, in hundred images or a few.

    Args:
        objects: mean number in an image.
        boxes: mean number of detections of an object, and of ones beside any object.
        scores: how many different scores there are; 0 for any number.
        side: of the largest boxes; the smallest have a hundredth.
    """
    random = np.random.default_rng(seed)
    # Neither ids nor categories are in order or without gaps.
    ids = np.sort(random.choice(10 * images, images, replace=False) + 1)
    kinds = np.sort(random.choice(3 * categories, categories, replace=False) + 1)
    rows = []
    for image in ids:
        for _ in range(random.poisson(objects)):
            box = _box(random, side)
            rows.append((image, random.choice(kinds), box, int(random.random() < crowds)))
    found = []
    for image, kind, box, crowd in rows:
        for _ in range(random.poisson(boxes) * (3 if crowd else 1)):
            shift = random.normal(size=4) * random.gamma(1, 0.06)
            moved = np.abs(box + shift * np.tile(box[2:], 2))
            found.append((image, kind if random.random() < 0.9 else random.choice(kinds), moved))
    for image in ids:
        for _ in range(random.poisson(boxes)):
            found.append((image, random.choice(kinds), _box(random, side)))
    random.shuffle(found)
    score = random.random(len(found))
    if scores:
        score = np.ceil(score * scores) / scores
    detections = Detections.of(
        ids,
        [image for image, _, _ in found],
        [kind for _, kind, _ in found],
        [box for _, _, box in found],
        score,
    )
    return truth_of(ids, kinds, rows), detections


def repeated(truth, detections, weights):
    """The set in which each image is there as often as its weight says, the copies one after the other."""
    annotations, found, number = [], [], 0
    for image, weight in zip(truth.images, weights, strict=True):
        for _ in range(int(weight)):
            number += 1
            rows = truth.annotations[truth.annotations["image"] == image].copy()
            rows["image"] = number
            annotations.append(rows)
            part = detections.only([image])
            found.append(
                replace(part, images=np.array([number]), image_ids=np.full(len(part.scores), number))
            )
    images = np.arange(1, number + 1)
    whole = replace(truth, images=images, annotations=np.concatenate(annotations))
    return whole, Detections.joined(found, images)


def _box(random, side):
    return np.concatenate([random.random(2) * side, side * random.uniform(0.01, 1, 2)])
