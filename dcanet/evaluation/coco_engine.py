"""COCO's evaluation by hotcoco, whose arrays are those of pycocotools bit for bit, many times faster."""

from collections.abc import Mapping

import hotcoco
import numpy as np
from numpy.typing import NDArray

from .coco_ground_truth import GroundTruth
from .detections import Detections

#: Limits of an object's area in pixels, both included: from the annotation, which is smaller than its box.
AREAS: Mapping[str, tuple[float, float]] = {
    "all": (0.0, 1e5**2),
    "small": (0.0, 32.0**2),
    "medium": (32.0**2, 96.0**2),
    "large": (96.0**2, 1e5**2),
}
IOU_THRESHOLDS: NDArray[np.float64] = np.linspace(0.5, 0.95, 10)
RECALL_THRESHOLDS: NDArray[np.float64] = np.linspace(0, 1, 101)
#: Detections of an image and a category that count, the best ones.
MOST = 100


def evaluator(
    truth: GroundTruth, detections: Detections, areas: Mapping[str, tuple[float, float]] = AREAS
) -> hotcoco.COCOeval:
    """Matches made, nothing accumulated yet.

    Annotations are numbered anew from 1: COCO's evaluation takes an object with the id 0 for unmatched.
    Detections have the ids 1 to N in their order.
    """
    rows = truth.annotations
    expected = hotcoco.COCO.from_arrays(
        # Nothing of the evaluation depends on the size of an image.
        [{"id": int(image), "width": 1, "height": 1, "file_name": ""} for image in truth.images],
        [{"id": number, "name": name} for number, name in truth.categories.items()],
        rows["image"],
        rows["category"],
        rows["box"],
        ids=np.arange(1, len(rows) + 1),
        area=rows["area"],
        iscrowd=rows["crowd"] != 0,
    )
    found = expected.load_res(
        np.column_stack([detections.image_ids, detections.boxes, detections.scores, detections.category_ids])
    )
    evaluation = hotcoco.COCOeval(expected, found, "bbox")
    evaluation.params.area_rng = [list(limits) for limits in areas.values()]
    evaluation.params.area_rng_lbl = list(areas)
    evaluation.evaluate()
    return evaluation
