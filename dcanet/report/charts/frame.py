"""What part of the plane a plot shows, and where in it a point is drawn."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Frame:
    """Ranges in units of the axes, and the plot's size in pixels."""

    x: tuple[float, float]
    y: tuple[float, float]
    width: float
    height: float

    @classmethod
    def around(cls, points: Sequence[tuple[float, float]], width: float, height: float) -> "Frame":
        """With a margin on all sides."""
        x, y = zip(*points, strict=True)
        return cls(_with_margin(x), _with_margin(y), width, height)

    def pixels(self, x: float, y: float) -> tuple[float, float]:
        """With y downwards."""
        return self.width * _share(x, self.x), self.height * (1 - _share(y, self.y))


def _with_margin(numbers: Sequence[float]) -> tuple[float, float]:
    low, high = min(numbers), max(numbers)
    margin = 0.1 * (high - low) or 0.05 * abs(high) or 1.0
    return low - margin, high + margin


def _share(number: float, ends: tuple[float, float]) -> float:
    return (number - ends[0]) / (ends[1] - ends[0])
