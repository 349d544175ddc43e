"""Random resized crops and flips for training.

The crop is resized by torch's antialiased bilinear filter on uint8, which takes a quarter of the time of
PIL's and now and then rounds differently by one level; evaluation keeps to PIL's.
"""

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch.nn import functional as F

from .decoding import decode_pixels, image_size
from .preprocessing import Transform
from .sampling import Crop, sample_crop
from .settings import Augmentation

#: A JPEG is decoded at 1/2, 1/4 or 1/8 where so many pixels a side are left for each one wanted. With two,
#: the outcome differs from the full decode's by less than it does when the crop moves by one pixel.
SPARE = 2


def training_transform(settings: Augmentation) -> Transform:
    """Random crop, resized to a square, and random flip, drawn from the generator that is passed in."""
    return _CropAndFlip(settings)


@dataclass(frozen=True)
class _CropAndFlip:
    settings: Augmentation

    def __call__(self, encoded: bytes, where: str, random: np.random.Generator) -> NDArray[np.uint8]:
        width, height = image_size(encoded, where)
        crop = sample_crop(width, height, self.settings, random)
        flip = random.random() < self.settings.flip
        size = self.settings.size
        pixels = decode_pixels(encoded, where, shrink_for(crop, size))
        return resize(pixels[inside(pixels, crop, width, height)], size, flip)


def shrink_for(crop: Crop, size: int, spare: float = SPARE) -> int:
    """The largest of 1, 2, 4 and 8 by which a crop may be decoded smaller on the way to `size` pixels."""
    fits = (factor for factor in (8, 4, 2) if min(crop.width, crop.height) >= factor * size * spare)
    return next(fits, 1)


def inside(pixels: NDArray[np.uint8], crop: Crop, width: int, height: int) -> tuple[slice, slice]:
    """Where the crop of a width x height image lies in its, possibly smaller, `pixels`; edges rounded."""
    down, across = pixels.shape[0] / height, pixels.shape[1] / width
    return (
        slice(round(crop.top * down), round((crop.top + crop.height) * down)),
        slice(round(crop.left * across), round((crop.left + crop.width) * across)),
    )


def resize(pixels: NDArray[np.uint8], size: int, flip: bool) -> NDArray[np.uint8]:
    """A square of `size` from pixels (H, W, 3), mirrored if `flip`."""
    # As a batch of one in channels_last memory, before and after: the filter is made for that.
    batch = torch.from_numpy(pixels)[None].permute(0, 3, 1, 2)
    resized = F.interpolate(batch, (size, size), mode="bilinear", antialias=True)
    return (resized.flip(3) if flip else resized).permute(0, 2, 3, 1)[0].numpy()
