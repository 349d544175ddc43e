"""Whether a COCO data set is what training and evaluation need: all there and as annotated."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from .check import cores, duplicates, remark
from .coco import CocoSplit, list_coco
from .coco_dataset import CocoDataset
from .coco_describe import categories_in_one_split, dataset_of
from .locate import NoSuchSplit
from .scan import Look, scan_images
from .split import Split


@dataclass(frozen=True)
class CocoCheck:
    """The document of a data set with what the check found, and its images as files to name them by."""

    dataset: CocoDataset
    splits: list[Split]
    lone_categories: list[tuple[str, str]]  # (split, category): are in one split only

    @property
    def bad_images(self) -> int:
        """How many images are missing, cannot be decoded, or have another size than annotated."""
        return sum(len(facts.bad_images) for facts in self.dataset.splits.values())


def check_coco(root: Path, workers: int | None = None, splits: Sequence[str] = ()) -> CocoCheck:
    """Read the annotations and decode every image; `workers` processes, by default one for each core.

    Raises:
        UserError: the annotations are missing or broken, or there is no folder of images.
    """
    listed = [list_coco(root, name) for name in splits] if splits else present_coco(root)
    dataset = dataset_of(Path(root).resolve().name, listed)
    files = [files_of(split) for split in listed]
    contents = []
    for split, images in zip(listed, files, strict=True):
        facts = dataset.splits[split.name]
        hashes = np.empty(len(images.images), dtype=np.uint64)
        for index, look in enumerate(scan_images(images, workers or cores())):
            hashes[index] = look.content
            if broken := look.broken or _other_size(look, split.images.sizes[index].tolist()):
                facts.bad_images[images.images[index]] = broken
            elif kind := remark(images.images[index], look):
                facts.notes.setdefault(kind, []).append(images.images[index])
        contents.append(hashes)
    broken_ones = [dataset.splits[split.name].bad_images for split in listed]
    dataset.duplicates = duplicates(files, contents, broken_ones)
    return CocoCheck(dataset, files, categories_in_one_split(listed))


def present_coco(root: Path) -> list[CocoSplit]:
    """Train and val as far as they are there.

    Raises:
        UserError: neither is there, or one of them is broken.
    """
    found: list[CocoSplit] = []
    problem: NoSuchSplit | None = None
    for name in ("train", "val"):
        try:
            found.append(list_coco(root, name))
        except NoSuchSplit as error:
            problem = problem or error
    if not found and problem:
        raise problem
    return found


def files_of(split: CocoSplit) -> Split:
    """The images alone, as a check of files sees them."""
    storage = split.images.storage
    return Split(split.name, "COCO", [], list(storage.names), [], [], storage)


def _other_size(look: Look, annotated: list[int]) -> str | None:
    if list(look.size) == annotated:
        return None
    (width, height), (wide, high) = look.size, annotated
    return f"is {width} x {height} pixels, its annotation says {wide} x {high}"
