"""Two networks whose answers are about the same images."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

from .graded import Graded, check_pair
from .paired import PairCounts
from .trainings import matched

Run = TypeVar("Run", bound=Graded, covariant=True)


@dataclass(frozen=True)
class Pair(Generic[Run]):
    """A baseline and the network that is held against it; trainings in the same order on both sides."""

    baseline: str
    other: str
    runs: tuple[tuple[Run, Run], ...]

    @classmethod
    def of(cls, baseline: tuple[str, Sequence[Run]], other: tuple[str, Sequence[Run]]) -> "Pair[Run]":
        """From names and trainings.

        Raises:
            UserError: trainings that cannot be compared (`matched`, `check_pair`); names both files.
        """
        runs = matched(baseline[1], other[1])
        first = baseline[1][0]
        for run in (*baseline[1][1:], *other[1]):
            check_pair(first, run)
        return cls(baseline[0], other[0], runs)

    @property
    def images(self) -> tuple[str, ...]:
        return self.runs[0][0].images

    @property
    def single(self) -> bool:
        """Whether there is one training of each."""
        return len(self.runs) == 1

    def differences(self, values: Callable[[Run], NDArray[Any]]) -> NDArray[np.float64]:
        """(S, N) of a quantity, other minus baseline."""
        rows = [np.subtract(values(other), values(base), dtype=np.float64) for base, other in self.runs]
        return np.stack(rows)

    def counts(self) -> list[PairCounts]:
        """Of each training."""
        return [PairCounts.of(base.right, other.right) for base, other in self.runs]


def top1_differences(pair: Pair[Graded]) -> NDArray[np.float64]:
    """(S, N) of each image: 1 gained, -1 lost, 0 neither."""
    return pair.differences(lambda run: run.right)
