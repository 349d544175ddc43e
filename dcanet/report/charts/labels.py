"""Where names stand beside their marks so that they cover neither each other nor the marks."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import ceil, hypot
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from .look import FONT_SIZE, LETTER


@dataclass(frozen=True)
class Side:
    """Of a mark, in pixels with y downwards."""

    align: Literal["left", "center", "right"]
    dx: float
    dy: float


#: The better the earlier.
SIDES: dict[str, Side] = {
    "right": Side("left", 8, 0),
    "left": Side("right", -8, 0),
    "above": Side("center", 0, -12),
    "below": Side("center", 0, 13),
    "above_right": Side("left", 5, -10),
    "below_right": Side("left", 5, 10),
    "above_left": Side("right", -5, -10),
    "below_left": Side("right", -5, 10),
}


#: Share of a name that may lie on others: letters leave that much of their boxes free.
TOLERATED = 0.1


@dataclass(frozen=True)
class Label:
    """A name and the place of its mark, in pixels."""

    text: str
    x: float
    y: float


#: (4,) left, top, right, bottom of a rectangle, or (N, 4) of several.
_Boxes = NDArray[np.float64]


def _shared(box: _Boxes, others: _Boxes) -> float:
    """Area of a box that lies on others, counted for each of them."""
    sides = np.minimum(box[2:], others[..., 2:]) - np.maximum(box[:2], others[..., :2])
    return float(np.maximum(sides, 0).prod(axis=-1).sum())


def _area(box: _Boxes) -> float:
    return float((box[2] - box[0]) * (box[3] - box[1]))


def sides(
    labels: Sequence[Label], marks: Iterable[tuple[float, float]], width: float, height: float
) -> list[str | None]:
    """A key of SIDES for each label, in a plot of this size; None where it could only cover another one.

    `marks` are places to be kept free as far as can be.
    """
    frame = np.array([0.0, 0.0, width, height])
    drawn = np.array([(x - 4, y - 4, x + 4, y + 4) for x, y in marks]).reshape(-1, 4)
    names = np.empty((0, 4))
    chosen: list[str | None] = []
    for label in labels:
        boxes = {key: _box(label, side) for key, side in SIDES.items()}
        taken = np.concatenate([drawn, names])
        costs = {
            key: _shared(box, taken) + 4 * (_area(box) - _shared(box, frame)) for key, box in boxes.items()
        }
        best = min(costs, key=costs.__getitem__)
        box = boxes[best]
        if _shared(box, names) > TOLERATED * _area(box):
            chosen.append(None)
        else:
            chosen.append(best)
            names = np.concatenate([names, box[None]])
    return chosen


def between(ends: Sequence[tuple[float, float]], step: float = 6) -> list[tuple[float, float]]:
    """Places along the line through these, about `step` apart."""
    found = [*ends]
    for (x1, y1), (x2, y2) in pairwise(ends):
        parts = ceil(hypot(x2 - x1, y2 - y1) / step)
        found += [(x1 + (x2 - x1) * n / parts, y1 + (y2 - y1) * n / parts) for n in range(1, parts)]
    return found


def _box(label: Label, side: Side) -> _Boxes:
    width = LETTER * len(label.text)
    left = label.x + side.dx - {"left": 0.0, "center": width / 2, "right": width}[side.align]
    y = label.y + side.dy
    return np.array([left, y - FONT_SIZE / 2, left + width, y + FONT_SIZE / 2])


def apart(places: Sequence[float], gap: float) -> list[float]:
    """The same places, pushed upwards in value as far as needed to stand at least `gap` from each other."""
    moved = [*places]
    order = sorted(range(len(places)), key=places.__getitem__)
    for before, after in pairwise(order):
        moved[after] = max(moved[after], moved[before] + gap)
    return moved
