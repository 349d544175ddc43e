"""Where a heat map has its focus, and how far two of them are apart.

All maps are first upsampled bilinearly to the image, as they are drawn, so that maps of different stages can
be compared place by place. A map without any heat has no focus; what would be told of it is NaN.
"""

from collections.abc import Sequence

import torch
from torch import Tensor
from torch.nn import functional as F


def upsampled(maps: Tensor, size: Sequence[int]) -> Tensor:
    """(N, h, w) to (N, *size), bilinearly."""
    return F.interpolate(maps[:, None], size=tuple(size), mode="bilinear", align_corners=False)[:, 0]


def centres(maps: Tensor) -> Tensor:
    """(N, 2) centre of mass (x, y) of maps (N, H, W), in shares of the image's width and height."""
    mass = maps.sum(dim=(1, 2))
    across, down = (
        (maps.sum(dim=dim) @ ((torch.arange(side).to(maps) + 0.5) / side)) / mass
        for dim, side in ((1, maps.shape[2]), (2, maps.shape[1]))
    )
    return torch.stack([across, down], dim=1)


def overlaps(one: Tensor, other: Tensor) -> Tensor:
    """(N,) share of the heat that two maps (N, H, W) have in the same places: 1 of equal maps, 0 if apart.

    The intersection of both maps as distributions over the image's pixels, sum of min(p, q).
    """
    shares = [maps / maps.sum(dim=(1, 2), keepdim=True) for maps in (one, other)]
    return torch.minimum(*shares).sum(dim=(1, 2))
