"""Which images a network has right, and whether that of two networks can be compared."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..errors import UserError


@dataclass(frozen=True)
class Graded:
    """One training's answers, right or wrong, in the order of the images' ids."""

    source: str
    """Where they were read from, for messages."""
    seed: int | None
    images: tuple[str, ...]
    right: NDArray[np.bool_]

    @property
    def counted(self) -> int:
        return len(self.images)

    def problem(self) -> str:
        """Why statistics of these answers would mean nothing; empty where they mean something."""
        if self.counted < 2:
            return f"has {self.counted} image{'s' * (self.counted != 1)}; statistics need at least two"
        for one, following in zip(self.images, self.images[1:], strict=False):
            if one == following:
                return f"lists {one!r} more than once; evaluate again"
        return ""

    def disagreement(self, other: "Graded") -> str:
        """How the two differ in what is right, on the same images; empty where they do not."""
        if type(self) is not type(other):
            return "are not scored by the same kind of labels; evaluate both again"
        return ""


def check_alone(graded: Graded, also: str = "") -> None:
    """UserError unless statistics of these answers mean something.

    Args:
        also: another file to name, with which these were to be compared.
    """
    problem = graded.problem()
    if problem:
        compared = f" (compared with {also})" if also else ""
        raise UserError(f"{graded.source}{compared}: {problem}")


def check_pair(baseline: Graded, other: Graded) -> None:
    """UserError that names both files unless they are of exactly the same images with the same labels."""
    for one, its_partner in ((baseline, other), (other, baseline)):
        check_alone(one, its_partner.source)
    both = f"{baseline.source} and {other.source}"
    if baseline.images != other.images:
        sides = [set(baseline.images), set(other.images)]
        only = [sorted(sides[side] - sides[1 - side]) for side in (0, 1)]
        parts = [
            f"{len(alone):,} of {len(side):,} only in the {name} (as {alone[0]!r})"
            for alone, side, name in zip(only, sides, ("first", "second"), strict=True)
            if alone
        ]
        raise UserError(
            f"{both} are of different images: {', '.join(parts)}; evaluate both on the same images"
        )
    disagreement = baseline.disagreement(other)
    if disagreement:
        raise UserError(f"{both} {disagreement}")
