"""One picture of digit scenes: a crop of a photograph with several digits, and where they are."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .handwriting import mnist, random_crop, resized

#: Of a digit's longer side, in pixels; the largest is this share of the picture.
SMALLEST, LARGEST = 16, 0.75
#: Digits in a picture, from and to.
COUNTS = (2, 5)
#: What another digit may cover of the smaller one's box.
OVERLAP = 0.15
#: Strokes are white (255) with soft edges; what is fainter than this is no ink.
INK = 32


@dataclass(frozen=True)
class Drawn:
    """A digit in a picture: which, and the box around its ink in whole pixels."""

    digit: int
    left: int
    top: int
    width: int
    height: int

    @property
    def area(self) -> int:
        """Of the box."""
        return self.width * self.height

    def covers(self, other: "Drawn") -> float:
        """The part of the smaller box that lies in the other."""
        across = min(self.left + self.width, other.left + other.width) - max(self.left, other.left)
        down = min(self.top + self.height, other.top + other.height) - max(self.top, other.top)
        return max(0, across) * max(0, down) / min(self.area, other.area)


def draw_scene(
    size: int, pool: NDArray[np.int64], random: np.random.Generator
) -> tuple[NDArray[np.uint8], list[Drawn]]:
    """RGB pixels (size, size, 3) with digits chosen from positions in `mnist`, and where they are."""
    while True:
        pixels = random_crop(size, random).copy()
        drawn: list[Drawn] = []
        count = int(random.integers(COUNTS[0], COUNTS[1] + 1))
        sides = np.exp(random.uniform(np.log(SMALLEST), np.log(LARGEST * size), count))
        for side in sorted(sides.tolist(), reverse=True):  # large ones first, which leave less choice
            chosen = int(random.choice(pool))
            stroke = scaled(mnist()[0][chosen], round(side))
            if place := _place(stroke.shape, int(mnist()[1][chosen]), size, drawn, random):
                drawn.append(place)
                rows = slice(place.top, place.top + place.height)
                columns = slice(place.left, place.left + place.width)
                pixels[rows, columns] = inked(pixels[rows, columns], stroke)
        if len(drawn) >= COUNTS[0]:
            return pixels, drawn


def inked(pixels: NDArray[np.uint8], stroke: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """RGB pixels (H, W, 3) with a digit (H, W) written on them: white on dark ground, black on bright."""
    ink = 255.0 if pixels.mean() < 128 else 0.0
    cover = stroke[:, :, None] / 255
    return np.round(pixels * (1 - cover) + ink * cover).astype(np.uint8)


def scaled(digit: NDArray[np.uint8], side: int) -> NDArray[np.uint8]:
    """The ink of a digit alone, its longer side about `side` pixels; every edge touches ink."""
    ink = _trimmed(digit)
    factor = side / max(ink.shape)
    height, width = (max(1, round(length * factor)) for length in ink.shape)
    return _trimmed(resized(ink, width, height))


def _trimmed(stroke: NDArray[np.uint8]) -> NDArray[np.uint8]:
    rows, columns = (np.flatnonzero((stroke >= INK).any(axis=axis)) for axis in (1, 0))
    return stroke[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]


def _place(
    shape: tuple[int, ...], digit: int, size: int, others: list[Drawn], random: np.random.Generator
) -> Drawn | None:
    """A random place that leaves the others visible, or None where none is found."""
    height, width = shape
    for _ in range(50):
        left, top = (int(random.integers(size - side + 1)) for side in (width, height))
        place = Drawn(digit, left, top, width, height)
        if all(place.covers(other) <= OVERLAP for other in others):
            return place
    return None
