"""From an encoded image to the pixels that are evaluated, and from pixels to what a network sees.

The arithmetic is that of torchvision's PIL transforms, bit for bit, without importing torchvision: that
alone takes longer than evaluating a hundred images.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor

from .decoding import decode_rgb
from .settings import Preprocessing

#: (encoded image, what to call it in messages, source of randomness) -> uint8 pixels (H, W, 3).
Transform = Callable[[bytes, str, np.random.Generator], NDArray[np.uint8]]

#: Mean and standard deviation of ImageNet's RGB values on the 0..1 scale.
MEAN, STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)


def evaluation_transform(settings: Preprocessing) -> Transform:
    """Resize and centre crop; draws nothing at random."""
    return _ResizeAndCrop(settings.resize, settings.crop)


@dataclass(frozen=True)
class _ResizeAndCrop:
    resize: int
    crop: int

    def __call__(self, encoded: bytes, where: str, random: np.random.Generator) -> NDArray[np.uint8]:
        return np.array(centre_crop(resize_shorter(decode_rgb(encoded, where), self.resize), self.crop))


def resize_shorter(image: Image.Image, size: int) -> Image.Image:
    """Shorter side to `size`, the longer one rounded down; bilinear, antialiased."""
    width, height = image.size
    if width <= height:
        return image.resize((size, int(size * height / width)), Image.Resampling.BILINEAR)
    return image.resize((int(size * width / height), size), Image.Resampling.BILINEAR)


def centre_crop(image: Image.Image, size: int) -> Image.Image:
    """The central square; a smaller image is first padded with black, the odd pixel right and below."""
    width, height = max(image.width, size), max(image.height, size)
    if (width, height) != image.size:
        padded = Image.new("RGB", (width, height))
        padded.paste(image, ((width - image.width) // 2, (height - image.height) // 2))
        image = padded
    # round() is to even, as in the reference.
    left, top = round((width - size) / 2), round((height - size) / 2)
    return image.crop((left, top, left + size, top + size))


def normalise(images: Tensor, out: Tensor | None = None) -> Tensor:
    """uint8 (N, H, W, 3) to float32 (N, 3, H, W) in channels_last memory, on the same device.

    Bit-equal to torchvision's ToTensor and Normalize with `MEAN` and `STD`. `out` is an earlier result that
    is no longer needed: it is overwritten where it has the right size, because on a CPU fresh memory for a
    batch takes longer to get than the arithmetic.
    """
    count, height, width, channels = images.shape
    # Whole rows of alternating channels: three values at a time would be several times slower.
    scale, mean, std = _constants(width, images.device)
    if out is None or out.shape != (count, channels, height, width):
        out = torch.empty((count, height, width, channels), device=images.device).permute(0, 3, 1, 2)
    rows = out.permute(0, 2, 3, 1).view(count, height, width * channels)
    rows.copy_(images.reshape(rows.shape)).div_(scale).sub_(mean).div_(std)
    return out


@lru_cache(maxsize=8)
def _constants(width: int, device: torch.device) -> tuple[Tensor, Tensor, Tensor]:
    # A tensor and not the number 255: GPUs multiply by a number's rounded reciprocal.
    return (
        torch.tensor(255.0, device=device),
        torch.tensor(MEAN, device=device).repeat(width),
        torch.tensor(STD, device=device).repeat(width),
    )
