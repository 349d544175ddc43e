"""Batches of a split, in an order that depends on nothing but the seed and the epoch."""

from typing import Any

import torch
from torch.utils.data import DataLoader

from .folder import Images

#: Of (images, targets, indices), each stacked by the default collation.
Loader = DataLoader[Any]


def training_loader(images: Images, batch_size: int, workers: int, seed: int) -> Loader:
    """Shuffled batches; an incomplete last batch is dropped. Worker seeds follow from `seed`."""
    order = torch.Generator().manual_seed(seed)
    return DataLoader(
        images,
        batch_size,
        shuffle=True,
        drop_last=True,
        num_workers=workers,
        generator=order,
        **_kept(workers),
    )


def evaluation_loader(images: Images, batch_size: int, workers: int) -> Loader:
    """Every image once, in the split's order; the last batch may be smaller."""
    return DataLoader(images, batch_size, shuffle=False, num_workers=workers, **_kept(workers))


def _kept(workers: int) -> dict[str, Any]:
    return {"persistent_workers": True} if workers else {}
