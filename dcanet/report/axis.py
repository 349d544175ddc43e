"""Where numbers stand on the axis of a drawing."""

from dataclasses import dataclass
from math import floor, log10


@dataclass(frozen=True)
class Tick:
    """A labelled place on an axis."""

    place: float
    label: str


@dataclass(frozen=True)
class Axis:
    """Numbers from `low` to `high` drawn between two places."""

    low: float
    high: float
    begin: float
    end: float

    def place(self, number: float) -> float:
        share = (number - self.low) / (self.high - self.low) if self.high > self.low else 0.5
        return self.begin + share * (self.end - self.begin)

    def ticks(self, least_step: float = 0) -> list[Tick]:
        """Round numbers, at most six."""
        span = (self.high - self.low) or 1
        power = 10 ** floor(log10(span / 5))
        step = max(least_step, next(power * m for m in (1, 2, 5, 10) if span / (power * m) <= 5))
        first, last = -floor(-self.low / step), floor(self.high / step)
        return [Tick(round(self.place(n * step), 1), f"{n * step:.6g}") for n in range(first, last + 1)]
