"""The images of one part of a COCO data set with their boxes, in arrays that loader processes share."""

import hashlib
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import overload

import numpy as np
from numpy.typing import NDArray

from .storage import Files


@dataclass(frozen=True)
class Category:
    """A kind of object, by COCO's id."""

    id: int
    name: str


@dataclass(frozen=True, eq=False)
class CocoImage:
    """One image; boxes are (x1, y1, x2, y2) in pixels, x2 = x1 + width, as they were annotated."""

    id: int
    path: Path
    width: int
    height: int
    boxes: NDArray[np.float64]  # (m, 4)
    labels: NDArray[np.int64]  # (m,), 1 .. number of categories
    crowds: NDArray[np.float64]  # (c, 4)


@dataclass(frozen=True, eq=False)
class Boxes:
    """The boxes of all images, one image's behind the other's."""

    corners: NDArray[np.float64]  # (m, 4)
    labels: NDArray[np.int64]  # (m,)
    areas: NDArray[np.float64]  # (m,) of the objects in square pixels, by their outlines
    counts: NDArray[np.int64]  # of each image

    @cached_property
    def starts(self) -> NDArray[np.int64]:
        """Where each image's boxes begin, and at last where they end."""
        return np.concatenate([[0], np.cumsum(self.counts)])

    def of(self, image: int) -> slice:
        """Where the boxes of an image lie."""
        return slice(int(self.starts[image]), int(self.starts[image + 1]))

    def take(self, images: NDArray[np.int64]) -> "Boxes":
        """The boxes of the images at these rising positions."""
        wanted = np.zeros(len(self.counts), dtype=bool)
        wanted[images] = True
        rows = np.repeat(wanted, self.counts)
        return Boxes(self.corners[rows], self.labels[rows], self.areas[rows], self.counts[images])


class CocoImages(Sequence[CocoImage]):
    """Images by rising id; each is put together when it is asked for.

    `ids` (n), `sizes` (n, 2: width and height in pixels), `storage` has the files.
    """

    def __init__(
        self, ids: NDArray[np.int64], sizes: NDArray[np.int64], storage: Files, boxes: Boxes, crowds: Boxes
    ) -> None:
        self.ids, self.sizes, self.storage, self.boxes, self.crowds = ids, sizes, storage, boxes, crowds

    def __len__(self) -> int:
        return len(self.ids)

    @overload
    def __getitem__(self, index: int) -> CocoImage: ...

    @overload
    def __getitem__(self, index: slice) -> list[CocoImage]: ...

    def __getitem__(self, index: int | slice) -> CocoImage | list[CocoImage]:
        if isinstance(index, slice):
            return [self[position] for position in range(len(self))[index]]
        index = range(len(self))[index]
        mine = self.boxes.of(index)
        width, height = self.sizes[index].tolist()
        return CocoImage(
            id=int(self.ids[index]),
            path=Path(self.storage.where(index)),
            width=width,
            height=height,
            boxes=self.boxes.corners[mine],
            labels=self.boxes.labels[mine],
            crowds=self.crowds.corners[self.crowds.of(index)],
        )

    def take(self, positions: NDArray[np.int64]) -> "CocoImages":
        """The images at these rising positions."""
        return CocoImages(
            self.ids[positions],
            self.sizes[positions],
            self.storage.take(positions.tolist()),
            self.boxes.take(positions),
            self.crowds.take(positions),
        )


@dataclass(frozen=True, eq=False)
class CocoSplit:
    """A split as read; the k-th category has label k."""

    name: str  # "train" or "val"
    annotation_file: Path
    images: CocoImages
    categories: list[Category]  # by id
    dropped: dict[str, int]  # boxes that are left out, by reason

    @property
    def category_ids(self) -> list[int]:
        """COCO's id of label k at position k - 1."""
        return [category.id for category in self.categories]

    @property
    def file_names(self) -> list[str]:
        """Of the images, below their folder."""
        return list(self.images.storage.names)

    @cached_property
    def fingerprint(self) -> str:
        """16 hex digits over categories, image ids and sizes, and boxes, whatever order the file has."""
        images = self.images
        digest = hashlib.sha256(repr([(kind.id, kind.name) for kind in self.categories]).encode())
        for part in (images.ids, images.sizes, *_parts(images.boxes), *_parts(images.crowds)):
            digest.update(f"{part.shape}".encode())
            digest.update(part.tobytes())
        return digest.hexdigest()[:16]

    def without(self, bad: Collection[str]) -> "CocoSplit":
        """The split less the images with these file names."""
        good = [index for index, name in enumerate(self.images.storage.names) if name not in bad]
        if len(good) == len(self.images):
            return self
        return replace(self, images=self.images.take(np.array(good, dtype=np.int64)))


def _parts(boxes: Boxes) -> tuple[NDArray[np.generic], ...]:
    return boxes.counts, boxes.labels, boxes.corners, boxes.areas
