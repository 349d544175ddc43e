"""Reading COCO data sets: images with boxes around objects (arXiv 1405.0312)."""

import os
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ..errors import UserError
from .coco_dataset import CocoDataset
from .coco_files import find_annotations, find_images
from .coco_json import CocoFile, read_annotation_file
from .coco_split import Boxes, Category, CocoImage, CocoImages, CocoSplit
from .storage import Files
from .strings import Strings

__all__ = ["Category", "CocoImage", "CocoSplit", "list_coco", "missing_images", "read_coco"]

#: Why a box is left out; the first that holds is counted.
REASONS = ("not finite", "side below 1 pixel", "no area", "outside the image")


def read_coco(root: Path, split: str, checked: CocoDataset | None = None) -> CocoSplit:
    """The images of a split ("train" or "val") with their boxes; all files are there.

    Images that a check found broken (`dcanet data check --on-bad-image skip`) are left out.

    Raises:
        UserError: the annotations are missing or broken, an image is missing, the data are not those checked.
    """
    found = list_coco(root, split)
    facts = checked.splits.get(split) if checked else None
    if facts and facts.bad_images:
        if found.fingerprint != facts.fingerprint:
            raise UserError(
                f"{root}: {split} has changed since it was checked (fingerprint {facts.fingerprint} then, "
                f"{found.fingerprint} now); run `dcanet data check` again"
            )
        found = found.without(facts.bad_images.keys())
        if not len(found.images):
            raise UserError(f"{root}: all images of {split} are broken; see `dcanet data check {root}`")
    if missing := missing_images(found):
        raise UserError(
            f"{found.images.storage.folder}/{missing[0]}: image is missing, as {len(missing):,} of "
            f"{len(found.images):,} are; fetch them, or let `dcanet data check --on-bad-image skip` list them"
        )
    return found


def list_coco(root: Path, split: str) -> CocoSplit:
    """The same whether or not the images' files are there."""
    path = find_annotations(root, split)
    file = read_annotation_file(path)
    for what in ("images", "annotations", "categories"):
        if not len(getattr(file, what)):
            raise UserError(f"{path}: has no {what}; the split needs an instances file of its own")
    kinds = sorted((Category(*kind) for kind in file.categories), key=lambda kind: kind.id)
    _refuse_repeated(path, "categories", [kind.id for kind in kinds])
    _refuse_repeated(path, "categories", [kind.name for kind in kinds], "name")
    entries = sorted(file.images)
    folder = find_images(root, split, path, [entry.file_name for entry in entries])
    _refuse_repeated(path, "images", [entry.id for entry in entries])
    ids = np.array([entry.id for entry in entries], dtype=np.int64)
    sizes = np.array([(entry.width, entry.height) for entry in entries], dtype=np.int64)
    boxes, crowds, dropped = _boxes(path, file, ids, sizes, np.array([kind.id for kind in kinds]))
    storage = Files(folder, Strings(entry.file_name for entry in entries))
    return CocoSplit(split, path, CocoImages(ids, sizes, storage, boxes, crowds), kinds, dropped)


def missing_images(split: CocoSplit) -> list[str]:
    """File names of the images that are not there."""
    # One look into the folder: asking for each of 118,287 files takes long over a network.
    there = set(os.listdir(split.images.storage.folder))
    return [
        name
        for index, name in enumerate(split.images.storage.names)
        if name not in there and not os.path.isfile(split.images.storage.where(index))
    ]


def _boxes(
    path: Path,
    file: CocoFile,
    ids: NDArray[np.int64],
    sizes: NDArray[np.int64],
    kinds: NDArray[np.int64],
) -> tuple[Boxes, Boxes, dict[str, int]]:
    """Boxes of objects and of crowds in the images' order, and how many boxes were left out for what."""
    rows = file.annotations
    image = _positions(path, rows, "image", ids)
    label = _positions(path, rows, "category", kinds) + 1
    order = np.lexsort((rows["id"], image))
    _refuse_repeated(path, "annotations", np.sort(rows["id"]))
    rows, image, label = rows[order], image[order], label[order]

    x, y, width, height = rows["box"].T
    wide, high = sizes[image].T
    with np.errstate(invalid="ignore", over="ignore"):
        corners = np.stack([x, y, x + width, y + height], axis=1)
        faults = (
            ~np.isfinite(corners).all(axis=1) | ~np.isfinite(rows["area"]),
            (width < 1) | (height < 1),
            rows["area"] <= 0,
            (x >= wide) | (y >= high) | (corners[:, 2] <= 0) | (corners[:, 3] <= 0),
        )
    bad = np.zeros(len(rows), dtype=bool)
    dropped = {}
    for reason, fault in zip(REASONS, faults, strict=True):
        if count := int((fault & ~bad).sum()):
            dropped[reason] = count
        bad |= fault

    def chosen(which: NDArray[np.bool_]) -> Boxes:
        counts = np.bincount(image[which], minlength=len(ids))
        return Boxes(corners[which], label[which], rows["area"][which], counts)

    crowd = rows["crowd"] != 0
    return chosen(~bad & ~crowd), chosen(~bad & crowd), dropped


def _positions(path: Path, rows: NDArray[np.void], field: str, known: NDArray[np.int64]) -> NDArray[np.int64]:
    """Where the ids in a field stand among the rising `known` ones."""
    positions = np.searchsorted(known, rows[field]).clip(max=len(known) - 1)
    strange = np.flatnonzero(known[positions] != rows[field])
    if len(strange):
        row = rows[strange[0]]
        raise UserError(
            f"{path}: annotation {row['id']} is of {field} {row[field]}, which is not in the file; mend it"
        )
    return positions


def _refuse_repeated(
    path: Path, what: str, values: Sequence[int | str] | NDArray[np.int64], key: str = "id"
) -> None:
    seen, counts = np.unique(np.asarray(values), return_counts=True)
    if len(seen) < len(values):
        raise UserError(f"{path}: two {what} have the {key} {seen[counts > 1][0]}; keep one of them")
