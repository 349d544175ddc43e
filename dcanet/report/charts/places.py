"""Networks by their cost and accuracy, and which of them no other one beats."""

from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple


class Place(NamedTuple):
    """A network's cost in base units, and its accuracy."""

    model: str
    cost: float
    top1_percent: float


@dataclass(frozen=True)
class Move:
    """From a baseline to its connected partner, as far as they are known."""

    name: str
    baseline: Place | None
    connected: Place | None

    @property
    def places(self) -> list[Place]:
        return [place for place in (self.baseline, self.connected) if place]


@dataclass(frozen=True)
class Family:
    """The networks of one backbone."""

    name: str
    moves: tuple[Move, ...]

    @property
    def places(self) -> list[Place]:
        return [place for move in self.moves for place in move.places]

    @cached_property
    def front(self) -> list[Place]:
        """The Pareto front, the cheapest first: those that none equals in both numbers and beats in one."""
        return sorted(
            (one for one in self.places if not any(_beats(other, one) for other in self.places)),
            key=lambda one: (one.cost, one.top1_percent),
        )


def _beats(one: Place, other: Place) -> bool:
    no_worse = one.cost <= other.cost and one.top1_percent >= other.top1_percent
    return no_worse and (one.cost, one.top1_percent) != (other.cost, other.top1_percent)
