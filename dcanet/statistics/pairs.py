"""Two networks whose predictions are of the same images."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .paired import PairCounts
from .scores import Scores, check_runs


@dataclass(frozen=True)
class Pair:
    """A baseline and the network that is held against it; trainings in the same order on both sides."""

    baseline: str
    other: str
    runs: tuple[tuple[Scores, Scores], ...]

    @classmethod
    def of(cls, baseline: tuple[str, Sequence[Scores]], other: tuple[str, Sequence[Scores]]) -> "Pair":
        """From names and trainings.

        Raises:
            UserError: trainings that cannot be compared (`check_runs`); names both files.
        """
        check_runs(baseline[1], other[1])
        sides = ([*runs] for _, runs in (baseline, other))
        ordered = (sorted(runs, key=lambda run: -1 if run.seed is None else run.seed) for runs in sides)
        return cls(baseline[0], other[0], tuple(zip(*ordered, strict=True)))

    @property
    def images(self) -> tuple[str, ...]:
        return self.runs[0][0].images

    @property
    def single(self) -> bool:
        """Whether there is one training of each."""
        return len(self.runs) == 1

    def differences(self, values: Callable[[Scores], NDArray]) -> NDArray[np.float64]:
        """(S, N) of a quantity, other minus baseline."""
        rows = [np.subtract(values(other), values(base), dtype=np.float64) for base, other in self.runs]
        return np.stack(rows)

    def counts(self) -> list[PairCounts]:
        """Of each training."""
        return [PairCounts.of(base.right, other.right) for base, other in self.runs]


def top1_differences(pair: Pair) -> NDArray[np.float64]:
    """(S, N) of each image: 1 gained, -1 lost, 0 neither."""
    return pair.differences(lambda run: run.right)
