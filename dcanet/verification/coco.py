"""COCO's numbers by pycocotools, its own code, straight from an annotation file."""

import contextlib
import io
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

#: The twelve in the order of pycocotools' summary.
TWELVE = (
    "ap",
    "ap50",
    "ap75",
    "ap_small",
    "ap_medium",
    "ap_large",
    "ar1",
    "ar10",
    "ar100",
    "ar_small",
    "ar_medium",
    "ar_large",
)


@dataclass(frozen=True)
class Found:
    """The boxes that a detector found in the images that it looked at."""

    images: NDArray[np.int64]
    image_ids: NDArray[np.int64]
    category_ids: NDArray[np.int32]
    boxes: NDArray[np.float64]
    """(N, 4) x, y, width, height."""
    scores: NDArray[np.float64]


@dataclass(frozen=True)
class CocoTruth:
    """In percent; None where there is no object."""

    numbers: dict[str, float | None]
    per_category: dict[str, tuple[int, float | None]]
    """Objects without crowds, and AP, by name."""
    objects: int
    crowds: int


def coco_numbers(annotations: Path, found: Found) -> CocoTruth:
    """Of the images that were looked at; ValueError and the like for a file that is no COCO annotations."""
    from pycocotools.coco import COCO
    from pycocotools.cocoeval import COCOeval

    content = json.loads(annotations.read_bytes())
    wanted = set(found.images.tolist())
    if unknown := wanted - {image["id"] for image in content["images"]}:
        raise ValueError(f"no image {min(unknown)}")
    truth = [row for row in content["annotations"] if row["image_id"] in wanted]
    # Numbered from 1: COCO's evaluation takes an object with the id 0 for unmatched.
    expected = [
        {**row, "id": number, "iscrowd": row.get("iscrowd", 0)} for number, row in enumerate(truth, 1)
    ]
    columns = (found.image_ids, found.category_ids, found.boxes, found.scores)
    detected = [
        {
            "id": number,
            "image_id": image,
            "category_id": kind,
            "bbox": box,
            "area": box[2] * box[3],
            "score": score,
        }
        for number, (image, kind, box, score) in enumerate(
            zip(*(column.tolist() for column in columns), strict=True), 1
        )
    ]
    for row in detected:
        row["iscrowd"] = 0

    def indexed(rows: list[dict[str, Any]]) -> Any:
        coco = COCO()
        images = [{"id": image} for image in sorted(wanted)]
        coco.dataset = {"images": images, "categories": content["categories"], "annotations": rows}
        coco.createIndex()
        return coco

    with contextlib.redirect_stdout(io.StringIO()):
        evaluation = COCOeval(indexed(expected), indexed(detected), "bbox")
        evaluation.evaluate()
        evaluation.accumulate()
        evaluation.summarize()
    precision = evaluation.eval["precision"][..., 0, 2]
    names = {category["id"]: category["name"] for category in content["categories"]}
    single = [row["category_id"] for row in expected if not row["iscrowd"]]
    return CocoTruth(
        numbers={name: _percent(value) for name, value in zip(TWELVE, evaluation.stats, strict=True)},
        per_category={
            names[number]: (single.count(number), _percent(precision[..., place].mean()))
            for place, number in enumerate(evaluation.params.catIds)
        },
        objects=len(single),
        crowds=len(expected) - len(single),
    )


def _percent(share: float) -> float | None:
    return None if share < 0 else float(100 * share)
