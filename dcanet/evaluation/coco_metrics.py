"""COCO's twelve numbers, and each category's AP."""

import contextlib
import io
from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from ..detection_documents import CategoryAp, CocoNumbers
from .coco_engine import evaluator
from .coco_ground_truth import GroundTruth
from .detections import Detections


def coco_numbers(truth: GroundTruth, detections: Detections) -> tuple[CocoNumbers, dict[str, CategoryAp]]:
    """The twelve numbers, and AP by category's name, over the ground truth's images.

    Detections in other images do not count. Source: COCO's detection evaluation, arXiv 1405.0312.

    Raises:
        UserError: detections of a category that the annotations do not have.
    """
    evaluation = evaluator(truth, truth.scored(detections))
    evaluation.accumulate()
    with contextlib.redirect_stdout(io.StringIO()):  # it prints the numbers too
        evaluation.summarize()
    accumulated = evaluation.eval
    assert accumulated is not None
    # Thresholds x recalls x categories; all areas, 100 detections an image.
    precision = np.asarray(accumulated["precision"])[..., 0, 2]
    rows = truth.annotations
    per_category = {}
    for place, (number, name) in enumerate(truth.categories.items()):
        of_it = rows["category"] == number
        ap = numbers_from([precision[..., place].mean()])[0]
        objects = int((of_it & (rows["crowd"] == 0)).sum())
        per_category[name] = CategoryAp(objects=objects, ap=ap)
    return named(evaluation.stats), per_category


def named(stats: Iterable[float] | NDArray[np.float64]) -> CocoNumbers:
    """The twelve numbers in the order of COCO's summary, where -1 stands for no object."""
    return CocoNumbers(**dict(zip(CocoNumbers.model_fields, numbers_from(stats), strict=True)))


def numbers_from(shares: Iterable[float] | NDArray[np.float64]) -> list[float | None]:
    """In percent; None for -1."""
    return [None if share < 0 else float(100 * share) for share in shares]
