"""Batches of images with boxes, in an order that depends on nothing but the seed and the epoch."""

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.utils.data import Dataset as TorchDataset

from ..errors import UserError
from .coco_split import CocoSplit
from .decoding import decode_pixels
from .loader import Key, Loader, StepLoader, keyed
from .order import grouped_order, image_random

#: Of an image, in pixels; smaller ones are not trained on.
SMALLEST_SIDE = 32
FLIP = 0.5

#: uint8 images (3, H, W) in RGB, and of each {"boxes": float32 (m, 4), "labels": int64 (m,)}.
MicroBatch = tuple[list[Tensor], list[dict[str, Tensor]]]


class Sample(NamedTuple):
    """A decoded image; small arrays, unlike tensors, need no file of their own on their way from a worker."""

    image: Tensor  # uint8 (3, H, W), in the memory order of its rows
    boxes: NDArray[np.float32]
    labels: NDArray[np.int64]
    position: int  # in the split


class DetectionImages(TorchDataset[Sample]):
    """Images with their boxes by (epoch, index); those and the seed say which are flipped.

    `flip` is the probability of it.
    """

    def __init__(self, split: CocoSplit, seed: int = 0, flip: float = 0.0) -> None:
        self.images, self.annotations, self.seed, self.flip = split.images, split.annotation_file, seed, flip

    def __len__(self) -> int:
        return len(self.images)

    def __getitem__(self, key: Key) -> Sample:
        epoch, index = key
        where = self.images.storage.where(index)
        pixels = decode_pixels(self.images.storage.read(index), where)
        width, height = self.images.sizes[index].tolist()
        if pixels.shape[:2] != (height, width):
            raise UserError(
                f"{where}: is {pixels.shape[1]} x {pixels.shape[0]} pixels, {self.annotations.name} says "
                f"{width} x {height}; run `dcanet data check`"
            )
        mine = self.images.boxes.of(index)
        boxes = self.images.boxes.corners[mine]
        if self.flip and image_random(self.seed, epoch, index).random() < self.flip:
            pixels = np.ascontiguousarray(pixels[:, ::-1])
            boxes = np.stack([width - boxes[:, 2], boxes[:, 1], width - boxes[:, 0], boxes[:, 3]], axis=1)
        image = torch.from_numpy(pixels).permute(2, 0, 1)
        return Sample(image, boxes.astype(np.float32), self.images.boxes.labels[mine], index)


class DetectionLoader(StepLoader):
    """Training images that have boxes and sides of at least 32 pixels, flipped by half.

    All images of a step are wider than high, or none is, so that little of a batch is padding; incomplete
    last batches are dropped. Which images a step has and which are flipped depends on seed and epoch alone.
    Other arguments and errors are those of `StepLoader`.

    Raises:
        UserError: too few images for one batch.
    """

    def __init__(
        self,
        split: CocoSplit,
        global_batch: int,
        micro_batch: int,
        seed: int,
        workers: int,
        rank: int = 0,
        world: int = 1,
        pin: bool = False,
    ) -> None:
        images = DetectionImages(split, seed, FLIP)
        super().__init__(images, global_batch, micro_batch, seed, workers, rank, world, pin, _training_batch)
        self.indices = trainable(split)
        sizes = split.images.sizes[self.indices]
        self._groups = sizes[:, 0] > sizes[:, 1]
        self._steps_per_epoch = int((np.bincount(self._groups, minlength=2) // global_batch).sum())
        if not self._steps_per_epoch:
            raise UserError(
                f"{split.annotation_file}: {len(self.indices):,} images to train on make no batch of "
                f"{global_batch} that are all wider than high, or none; lower the batch or add images"
            )

    @property
    def steps_per_epoch(self) -> int:
        return self._steps_per_epoch

    def epoch(self, epoch: int, start_step: int = 0) -> Iterator[list[MicroBatch]]:
        """Per step of the epoch (from 0), this rank's micro-batches, boxes in pixels of their images.

        Boxes are (x1, y1, x2, y2) with x2 = x1 + width. What lies before `start_step` is not even decoded.
        """
        for step in self._steps(epoch, start_step):
            yield [(images, _targets(boxes, labels)) for images, boxes, labels in step]

    def _order(self, epoch: int) -> NDArray[np.int64]:
        return self.indices[grouped_order(self._groups, self.global_batch, self.seed, epoch)]


def detection_evaluation_loader(
    split: CocoSplit, batch: int, workers: int, rank: int = 0, world: int = 1, pin: bool = False
) -> Loader:
    """Every image once over all ranks, in batches of one size, sizes and ids rising.

    So no image is padded to another's size, and results depend neither on `batch` nor on `world`. Batches are
    (list of uint8 images (3, H, W), indices into `split.images` (N,)). UserError as `StepLoader`.
    """
    sizes = split.images.sizes
    mine = np.lexsort((sizes[:, 0], sizes[:, 1]))[rank::world]
    batches = []
    start = 0
    for index in range(1, len(mine) + 1):
        if index == len(mine) or index - start == batch or (sizes[mine[index]] != sizes[mine[start]]).any():
            batches.append(keyed(0, mine[start:index]))
            start = index
    return Loader(DetectionImages(split), batches, workers, pin, _evaluation_batch)


def trainable(split: CocoSplit) -> NDArray[np.int64]:
    """The positions of the images that are trained on."""
    images = split.images
    return np.flatnonzero((images.boxes.counts > 0) & (images.sizes.min(axis=1) >= SMALLEST_SIDE))


def _training_batch(samples: list[Sample]) -> tuple[list[Tensor], list[Any], list[Any]]:
    return (
        [sample.image for sample in samples],
        [sample.boxes for sample in samples],
        [sample.labels for sample in samples],
    )


def _evaluation_batch(samples: list[Sample]) -> tuple[list[Tensor], Tensor]:
    return [sample.image for sample in samples], torch.tensor([sample.position for sample in samples])


def _targets(boxes: list[Any], labels: list[Any]) -> list[dict[str, Tensor]]:
    return [
        {"boxes": torch.from_numpy(corners), "labels": torch.from_numpy(kinds)}
        for corners, kinds in zip(boxes, labels, strict=True)
    ]
