"""What detections are scored against: the boxes of a COCO annotation file."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ..data.coco_json import read_annotation_file
from ..errors import UserError
from .detections import Detections


@dataclass(frozen=True)
class GroundTruth:
    """The images of an evaluation, all categories, and these images' annotations in the file's order."""

    file: Path
    images: NDArray[np.int64]
    """(I,) rising ids."""
    categories: dict[int, str]
    """Names by id, in rising order: the k-th has label k."""
    annotations: NDArray[np.void]
    """(N,) fields image, category, box (x, y, width, height), area, crowd; see `CocoFile`."""

    def only(self, images: Iterable[int] | NDArray[np.int64]) -> "GroundTruth":
        """Of these images alone; UserError names one that the file does not have."""
        chosen = np.unique(np.fromiter(images, np.int64))
        unknown = np.setdiff1d(chosen, self.images)
        if len(unknown):
            raise UserError(f"{self.file}: has no image {unknown[0]}; evaluate on the file that has it")
        rows = self.annotations[np.isin(self.annotations["image"], chosen)]
        return replace(self, images=chosen, annotations=rows)

    def scored(self, detections: Detections) -> Detections:
        """Those in these images; UserError names a category that the file does not have."""
        unknown = np.setdiff1d(detections.category_ids, list(self.categories))
        if len(unknown):
            raise UserError(
                f"{self.file}: has no category {unknown[0]}, of which there are detections; "
                "evaluate on the file that belongs to them"
            )
        return detections.only(self.images)


def read_ground_truth(path: Path, images: Iterable[int] | None = None) -> GroundTruth:
    """Read an annotation file, for all its images or for some.

    Every annotation counts, also those too small to be trained on, as COCO's own evaluation has it.

    Raises:
        UserError: not a readable annotation file, ids that are there twice, an annotation of an image or a
            category that the file does not have, a box that is not finite, an image that is not there.
    """
    file = read_annotation_file(path)
    categories = dict(sorted(file.categories))
    ids = np.array([image.id for image in file.images], np.int64)
    rows = file.annotations
    for what, number, distinct in (
        ("images", len(ids), len(np.unique(ids))),
        ("categories", len(file.categories), len(categories)),
        ("categories", len(file.categories), len(set(categories.values()))),
    ):
        if distinct < number:
            raise UserError(f"{path}: two {what} have the same id or name; keep one of them")
    for field, known in (("image", ids), ("category", np.array(list(categories), np.int64))):
        strange = np.flatnonzero(~np.isin(rows[field], known))
        if len(strange):
            row = rows[strange[0]]
            raise UserError(f"{path}: annotation {row['id']} is of {field} {row[field]}, which is not there")
    broken = np.flatnonzero(~(np.isfinite(rows["box"]).all(axis=1) & np.isfinite(rows["area"])))
    if len(broken):
        raise UserError(f"{path}: annotation {rows['id'][broken[0]]} has a box or area that is not finite")
    truth = GroundTruth(path, np.unique(ids), categories, rows)
    return truth if images is None else truth.only(images)
