"""Which detections hit an object, found once so that any resample of the images can be scored from it."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .coco_engine import AREAS, IOU_THRESHOLDS, MOST, evaluator
from .coco_ground_truth import GroundTruth
from .detections import Detections


@dataclass(frozen=True)
class CategoryMatches:
    """The detections of one category in the order in which COCO's evaluation ranks them, and its objects.

    That is by descending score; equal scores in the order of their images, and within an image as given.
    """

    images: NDArray[np.intp]
    """(D,) place of each one's image among the rising ids."""
    scores: NDArray[np.float64]
    """(D,)"""
    hits: NDArray[np.bool_]
    """(thresholds, D) whether it is a true positive."""
    ignored: NDArray[np.bool_]
    """(thresholds, D) whether it is neither right nor wrong: it hit a crowd, or is of another area."""
    objects: NDArray[np.int64]
    """(I,) objects to find in each image."""


def match(truth: GroundTruth, detections: Detections, area: str = "all") -> Iterator[CategoryMatches]:
    """Of each category that has objects of this area ("all", "small", "medium", "large")."""
    found = _best(truth.scored(detections))
    rows = truth.annotations
    low, high = AREAS[area]
    sizes = found.boxes[:, 2] * found.boxes[:, 3]
    hits = np.zeros((len(IOU_THRESHOLDS), len(found.scores)), dtype=bool)
    ignored = np.tile((sizes < low) | (sizes > high), (len(IOU_THRESHOLDS), 1))
    _mark(truth, found, area, hits, ignored)

    wanted = rows[(rows["crowd"] == 0) & (rows["area"] >= low) & (rows["area"] <= high)]
    for number in truth.categories:
        places = np.searchsorted(truth.images, wanted["image"][wanted["category"] == number])
        if not len(places):
            continue
        of_it = np.flatnonzero(found.category_ids == number)
        ranked = of_it[np.argsort(-found.scores[of_it], kind="stable")]
        yield CategoryMatches(
            images=np.searchsorted(truth.images, found.image_ids[ranked]),
            scores=found.scores[ranked],
            hits=hits[:, ranked],
            ignored=ignored[:, ranked],
            objects=np.bincount(places, minlength=len(truth.images)),
        )


def _best(detections: Detections) -> Detections:
    """The hundred best of each image and category; they are sorted by score within an image."""
    order = np.lexsort((detections.category_ids, detections.image_ids))
    keys = np.column_stack([detections.image_ids, detections.category_ids])[order]
    first = np.ones(len(keys), dtype=bool)
    first[1:] = (keys[1:] != keys[:-1]).any(axis=1)
    places = np.arange(len(keys))
    ranks = places - np.maximum.accumulate(np.where(first, places, 0))
    return detections.rows(np.sort(order[ranks < MOST]))


def _mark(
    truth: GroundTruth,
    found: Detections,
    area: str,
    hits: NDArray[np.bool_],
    ignored: NDArray[np.bool_],
) -> None:
    """Fill in what the matches say; only images with an annotation of the category can have any."""
    rows = truth.annotations
    pairs = np.unique(np.column_stack([rows["image"], rows["category"]]), axis=0)
    # A category's place instead of its id, so that image and category fit into one number.
    kinds = np.array(list(truth.categories))

    def key(images: NDArray[np.int64], categories: NDArray[np.int64]) -> NDArray[np.int64]:
        places = np.searchsorted(truth.images, images)
        return places * len(kinds) + np.searchsorted(kinds, categories)

    near = np.flatnonzero(
        np.isin(key(found.image_ids, found.category_ids.astype(np.int64)), key(pairs[:, 0], pairs[:, 1]))
    )
    evaluation = evaluator(truth, found.rows(near), {area: AREAS[area]})
    for entry in evaluation.eval_imgs:
        if entry is None or not entry["dtIds"]:
            continue
        which = near[np.array(entry["dtIds"]) - 1]
        matched, apart = np.array(entry["dtMatched"]), np.array(entry["dtIgnore"])
        hits[:, which] = matched & ~apart
        ignored[:, which] = apart
