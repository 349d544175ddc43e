"""From images and boxes as they are to what a detector computes on."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional as F

from .boxes import clip, from_public

#: Of RGB values from 0 to 255.
MEAN, STD = (123.675, 116.28, 103.53), (58.395, 57.12, 57.375)
#: Sides of a batch are multiples of this.
STEP = 32

Size = tuple[int, int]


@dataclass(frozen=True)
class Truths:
    """The boxes (m, 4) in pixels of the resized image, "+1" convention, and labels (m,) from 1."""

    boxes: Tensor
    labels: Tensor


@dataclass(frozen=True)
class Batch:
    """Images (N, 3, H, W), normalised and padded; `sizes` (height, width) are those before padding.

    `scales` are resized over original lengths.
    """

    images: Tensor
    sizes: Sequence[Size]
    scales: Sequence[float]


def resized(size: Size, short_side: int, long_side: int) -> tuple[Size, float]:
    """(height, width) after resizing, and the factor: as large as both limits allow."""
    scale = min(long_side / max(size), short_side / min(size))
    height, width = (max(1, int(side * scale + 0.5)) for side in size)
    return (height, width), scale


def padded(size: Size) -> Size:
    """(height, width) of an image alone in its batch."""
    height, width = (math.ceil(side / STEP) * STEP for side in size)
    return height, width


def prepare(images: Sequence[Tensor], short_side: int, long_side: int, dtype: torch.dtype) -> Batch:
    """Resize (bilinear, half-pixel centres, no smoothing), normalise and pad with zeros right and below.

    Args:
        images: (3, H, W) each, RGB, on one device: uint8, or floating point from 0 to 1.
    """
    goals = [resized((image.shape[1], image.shape[2]), short_side, long_side) for image in images]
    sizes = [size for size, _ in goals]
    height, width = padded((max(size[0] for size in sizes), max(size[1] for size in sizes)))
    device = images[0].device
    # Laid out as convolutions are fastest with; all that follows from it is laid out alike.
    batch = torch.zeros((len(images), height, width, 3), dtype=dtype, device=device).permute(0, 3, 1, 2)
    mean = torch.tensor(MEAN, dtype=dtype, device=device)[:, None, None]
    std = torch.tensor(STD, dtype=dtype, device=device)[:, None, None]
    for place, image, size in zip(batch, images, sizes, strict=True):
        values = image.to(dtype)
        if image.is_floating_point():
            values = values * 255
        if image.shape[1:] != size:
            values = F.interpolate(values[None], size, mode="bilinear", align_corners=False)[0]
        place[:, : size[0], : size[1]] = (values - mean) / std
    return Batch(batch, sizes, [scale for _, scale in goals])


def truths_of(targets: Sequence[Mapping[str, Tensor]], batch: Batch) -> list[Truths]:
    """Targets (`boxes` in pixels of the original image, public convention; `labels`) for a batch."""
    truths = []
    for target, size, scale in zip(targets, batch.sizes, batch.scales, strict=True):
        boxes = from_public(target["boxes"].to(batch.images.device, batch.images.dtype).reshape(-1, 4))
        truths.append(Truths(clip(boxes * scale, size), target["labels"].to(batch.images.device)))
    return truths
