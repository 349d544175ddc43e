"""Features of boxes by RoIAlign (arXiv 1703.06870, section 3), each from the level that fits its size."""

from collections.abc import Sequence

import torch
from torch import Tensor
from torchvision import ops

from .boxes import areas

#: Bins across and down, and samples across and down in each.
BINS, SAMPLES = 7, 2
#: A box of this side, in pixels, is the smallest that the second level takes half of.
FINEST_SIDE = 56


def level_of(boxes: Tensor, levels: int) -> Tensor:
    """(n,) the level that boxes (n, 4) are read from, 0 for the finest; arXiv 1612.03144, eq. 1."""
    sides = areas(boxes).clamp(min=0).sqrt()
    return (sides / FINEST_SIDE + 1e-6).log2().floor().clamp(0, levels - 1).long()


def align(features: Tensor, rois: Tensor, stride: int) -> Tensor:
    """(n, C, 7, 7) of maps (N, C, H, W) in regions (n, 5): number in the batch, box in pixels.

    The authors' version takes the box from x1 to x2 + 1, without torchvision's half pixel and without a
    smallest size: torchvision's `aligned` one with everything half a cell further.
    """
    images, corner, far = rois[:, :1], rois[:, 1:3], rois[:, 3:] + 1
    shifted = torch.cat((images, corner + stride / 2, torch.maximum(far, corner) + stride / 2), dim=1)
    return ops.roi_align(features, shifted, BINS, 1 / stride, SAMPLES, aligned=True)


def pool(levels: Sequence[Tensor], strides: Sequence[int], boxes: Sequence[Tensor]) -> Tensor:
    """(n, C, 7, 7) of all boxes (n_i, 4) of all images in their order, from maps (N, C, H, W) per level."""
    counts = torch.tensor([len(image) for image in boxes], device=boxes[0].device)
    together = torch.cat(list(boxes))
    images = torch.arange(len(boxes), device=together.device).repeat_interleave(counts)
    rois = torch.cat((images[:, None].to(together.dtype), together), dim=1)
    level = level_of(together, len(levels))
    members = [(level == index).nonzero().flatten() for index in range(len(levels))]
    parts = [
        align(features, rois[member], stride)
        for features, stride, member in zip(levels, strides, members, strict=True)
    ]
    return torch.cat(parts)[torch.cat(members).argsort()]
