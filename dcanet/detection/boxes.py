"""Boxes in the authors' "+1" convention, in which (x1, y1, x2, y2) names the corner pixels of the box.

Its width is x2 - x1 + 1. At the project's public boundary x2 and y2 are one larger, as torchvision's and
COCO's, and the width is x2 - x1.
"""

import math
from dataclasses import dataclass

import torch
from torch import Tensor

#: A decoded box is at most 1000/16 times as wide and as high as its proposal.
LARGEST_LOG_RATIO = math.log(1000 / 16)


def full_precision(values: Tensor) -> Tensor:
    """Half-precision values (autocast) as float32; others as they are. Boxes and losses need the digits."""
    return values.float() if values.dtype in (torch.bfloat16, torch.float16) else values


def from_public(boxes: Tensor) -> Tensor:
    """(..., 4) boxes of the public convention in the "+1" convention."""
    return torch.cat((boxes[..., :2], boxes[..., 2:] - 1), dim=-1)


def to_public(boxes: Tensor) -> Tensor:
    """(..., 4) boxes of the "+1" convention in the public convention."""
    return torch.cat((boxes[..., :2], boxes[..., 2:] + 1), dim=-1)


def clip(boxes: Tensor, size: tuple[int, int]) -> Tensor:
    """(..., 4) boxes cut to an image of `size` (height, width) pixels."""
    height, width = size
    x1, y1, x2, y2 = boxes.unbind(-1)
    across, down = (0, width - 1), (0, height - 1)
    return torch.stack((x1.clamp(*across), y1.clamp(*down), x2.clamp(*across), y2.clamp(*down)), dim=-1)


def areas(boxes: Tensor) -> Tensor:
    """(...,) areas in pixels of (..., 4) boxes."""
    return (boxes[..., 2] - boxes[..., 0] + 1) * (boxes[..., 3] - boxes[..., 1] + 1)


def iou(first: Tensor, second: Tensor) -> Tensor:
    """(n, m) intersection over union of (n, 4) and (m, 4) boxes."""
    corner = torch.maximum(first[:, None, :2], second[None, :, :2])
    far = torch.minimum(first[:, None, 2:], second[None, :, 2:])
    width, height = (far - corner + 1).clamp(min=0).unbind(-1)
    overlap = width * height
    return overlap / (areas(first)[:, None] + areas(second)[None, :] - overlap)


@dataclass(frozen=True)
class BoxCoder:
    """Boxes as offsets (dx, dy, dw, dh) from proposals, in units of `stds`; R-CNN (arXiv 1311.2524), C."""

    stds: tuple[float, float, float, float] = (1.0, 1.0, 1.0, 1.0)

    def encode(self, proposals: Tensor, boxes: Tensor) -> Tensor:
        """(n, 4) offsets that lead from (n, 4) proposals to (n, 4) boxes."""
        centre, size = _centre_and_size(proposals)
        wanted_centre, wanted_size = _centre_and_size(boxes)
        offsets = torch.cat(((wanted_centre - centre) / size, (wanted_size / size).log()), dim=-1)
        return offsets / offsets.new_tensor(self.stds)

    def decode(self, proposals: Tensor, offsets: Tensor, size: tuple[int, int]) -> Tensor:
        """(n, 4) boxes that (n, 4) offsets lead to, cut to an image of `size` (height, width)."""
        centre, extent = _centre_and_size(proposals)
        offsets = offsets * offsets.new_tensor(self.stds)
        centre = centre + extent * offsets[:, :2]
        extent = extent * offsets[:, 2:].clamp(-LARGEST_LOG_RATIO, LARGEST_LOG_RATIO).exp()
        half = extent / 2
        return clip(torch.cat((centre - half + 0.5, centre + half - 0.5), dim=-1), size)


def _centre_and_size(boxes: Tensor) -> tuple[Tensor, Tensor]:
    corner, far = boxes[:, :2], boxes[:, 2:]
    return (corner + far) / 2, far - corner + 1
