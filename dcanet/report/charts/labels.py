"""Where names stand beside their marks so that they cover neither each other nor the marks."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import ceil, hypot
from typing import Literal

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


@dataclass(frozen=True)
class _Box:
    left: float
    top: float
    right: float
    bottom: float

    def shared(self, other: "_Box") -> float:
        """Area of the overlap."""
        width = min(self.right, other.right) - max(self.left, other.left)
        height = min(self.bottom, other.bottom) - max(self.top, other.top)
        return max(width, 0) * max(height, 0)

    @property
    def area(self) -> float:
        return (self.right - self.left) * (self.bottom - self.top)


def sides(
    labels: Sequence[Label], marks: Iterable[tuple[float, float]], width: float, height: float
) -> list[str | None]:
    """A key of SIDES for each label, in a plot of this size; None where it could only cover another one.

    `marks` are places to be kept free as far as can be.
    """
    frame = _Box(0, 0, width, height)
    drawn = [_Box(x - 4, y - 4, x + 4, y + 4) for x, y in marks]
    names: list[_Box] = []
    chosen: list[str | None] = []
    for label in labels:

        def cost(side: str, label: Label = label) -> float:
            box = _box(label, SIDES[side])
            return sum(map(box.shared, (*drawn, *names))) + 4 * (box.area - box.shared(frame))

        best = min(SIDES, key=cost)
        box = _box(label, SIDES[best])
        if sum(map(box.shared, names)) > TOLERATED * box.area:
            chosen.append(None)
        else:
            chosen.append(best)
            names.append(box)
    return chosen


def between(ends: Sequence[tuple[float, float]], step: float = 6) -> list[tuple[float, float]]:
    """Places along the line through these, about `step` apart."""
    found = [*ends]
    for (x1, y1), (x2, y2) in pairwise(ends):
        parts = ceil(hypot(x2 - x1, y2 - y1) / step)
        found += [(x1 + (x2 - x1) * n / parts, y1 + (y2 - y1) * n / parts) for n in range(1, parts)]
    return found


def _box(label: Label, side: Side) -> _Box:
    width = LETTER * len(label.text)
    left = label.x + side.dx - {"left": 0.0, "center": width / 2, "right": width}[side.align]
    y = label.y + side.dy
    return _Box(left, y - FONT_SIZE / 2, left + width, y + FONT_SIZE / 2)


def apart(places: Sequence[float], gap: float) -> list[float]:
    """The same places, pushed upwards in value as far as needed to stand at least `gap` from each other."""
    moved = [*places]
    order = sorted(range(len(places)), key=places.__getitem__)
    for before, after in pairwise(order):
        moved[after] = max(moved[after], moved[before] + gap)
    return moved
