"""Where a random crop lies in an image: DALI's way, which the authors used, and torchvision's."""

import math
from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from .settings import Augmentation


class Crop(NamedTuple):
    """A rectangle of whole pixels inside an image."""

    left: int
    top: int
    width: int
    height: int


def sample_crop(width: int, height: int, settings: Augmentation, random: np.random.Generator) -> Crop:
    """A random crop of an image of that size, by the sampler of the settings."""
    return _SAMPLERS[settings.sampler](width, height, settings, random)


def _dali(width: int, height: int, settings: Augmentation, random: np.random.Generator) -> Crop:
    """As DALI's RandomResizedCrop and ImageDecoderRandomCrop (dali/util/random_crop_generator.cc)."""
    low, high = settings.aspect
    wide, tall = _largest(width, height, settings, int)
    if wide * tall >= settings.area[0] * width * height:  # else no attempt can succeed
        for _ in range(100):
            across, down = (max(1, side) for side in _drawn(width * height, settings, random))
            if across <= width and down <= height and low <= across / down <= high:
                return _placed(across, down, width, height, random)
        shrink = math.sqrt(min(1.0, settings.area[1] * width * height / (wide * tall)))
        wide, tall = max(1, int(wide * shrink)), max(1, int(tall * shrink))
    return _placed(wide, tall, width, height, random)


def _torchvision(width: int, height: int, settings: Augmentation, random: np.random.Generator) -> Crop:
    """As torchvision.transforms.RandomResizedCrop."""
    for _ in range(10):
        across, down = _drawn(width * height, settings, random)
        if 0 < across <= width and 0 < down <= height:
            return _placed(across, down, width, height, random)
    wide, tall = _largest(width, height, settings, round)
    return Crop((width - wide) // 2, (height - tall) // 2, wide, tall)


_SAMPLERS = {"dali": _dali, "torchvision": _torchvision}


def _drawn(pixels: int, settings: Augmentation, random: np.random.Generator) -> tuple[int, int]:
    """Width and height of one attempt; area uniform, aspect uniform in its logarithm."""
    low, high = (math.log(bound) for bound in settings.aspect)
    smallest, biggest = settings.area
    area = pixels * (smallest + (biggest - smallest) * random.random())
    aspect = math.exp(low + (high - low) * random.random())
    return round(math.sqrt(area * aspect)), round(math.sqrt(area / aspect))


def _largest(
    width: int, height: int, settings: Augmentation, whole: Callable[[float], int]
) -> tuple[int, int]:
    """The largest crop of an allowed aspect; `whole` makes a side a number of pixels."""
    low, high = settings.aspect
    if width / height > high:
        return max(1, whole(height * high)), height
    if width / height < low:
        return width, max(1, whole(width / low))
    return width, height


def _placed(across: int, down: int, width: int, height: int, random: np.random.Generator) -> Crop:
    # random() and not integers(), which takes three times as long to call.
    left, top = (int(random.random() * (free + 1)) for free in (width - across, height - down))
    return Crop(left, top, across, down)
