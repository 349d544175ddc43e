"""The same twelve numbers by pycocotools, COCO's own code, which checks the fast ones in every run."""

import contextlib
import io
from typing import Any

import numpy as np

from ..detection_documents import CocoNumbers
from .coco_ground_truth import GroundTruth
from .coco_metrics import coco_numbers, named
from .detections import Detections

#: Largest difference, in percent, that is rounding.
ROUNDING = 1e-9
#: Images of a check; they take some seconds.
SAMPLE = 200


def oracle_numbers(truth: GroundTruth, detections: Detections) -> CocoNumbers:
    """As `coco_numbers`, a hundred times slower."""
    from pycocotools.coco import COCO
    from pycocotools.cocoeval import COCOeval

    rows, found = truth.annotations, truth.scored(detections)
    images = [{"id": image} for image in truth.images.tolist()]
    categories = [{"id": number, "name": name} for number, name in truth.categories.items()]

    def index(annotations: list[dict[str, Any]]) -> COCO:
        coco = COCO()
        coco.dataset = {"images": images, "categories": categories, "annotations": annotations}
        coco.createIndex()
        return coco

    with contextlib.redirect_stdout(io.StringIO()):
        expected = index(
            [
                {
                    "id": number,
                    "image_id": int(row["image"]),
                    "category_id": int(row["category"]),
                    "bbox": row["box"].tolist(),
                    "area": float(row["area"]),
                    "iscrowd": int(row["crowd"] != 0),
                }
                for number, row in enumerate(rows, start=1)
            ]
        )
        columns = (found.image_ids, found.category_ids, found.boxes, found.scores)
        results = index(
            [
                {
                    "id": number,
                    "image_id": image,
                    "category_id": category,
                    "bbox": box,
                    "area": box[2] * box[3],
                    "iscrowd": 0,
                    "score": score,
                }
                for number, (image, category, box, score) in enumerate(
                    zip(*(column.tolist() for column in columns), strict=True), start=1
                )
            ]
        )
        evaluation = COCOeval(expected, results, "bbox")
        evaluation.evaluate()
        evaluation.accumulate()
        evaluation.summarize()
    return named(evaluation.stats)


def agree(
    truth: GroundTruth, detections: Detections, sample: int = SAMPLE, seed: int = 0
) -> tuple[int, float]:
    """Compare both on some images, drawn from a seed: their number and the largest difference in percent.

    Raises:
        RuntimeError: they differ by more than rounding.
    """
    number = min(sample, len(truth.images))
    drawn = np.random.default_rng(seed).choice(truth.images, number, replace=False)
    part = truth.only(drawn)
    fast, _ = coco_numbers(part, detections)
    largest = 0.0
    for name, expected in oracle_numbers(part, detections):
        found = getattr(fast, name)
        if (found is None) != (expected is None):
            raise RuntimeError(f"hotcoco says {name} is {found} and pycocotools {expected}")
        if found is not None and expected is not None:
            largest = max(largest, abs(found - expected))
    if largest > ROUNDING:
        raise RuntimeError(f"on {number} images hotcoco and pycocotools differ by {largest} percent")
    return number, largest
