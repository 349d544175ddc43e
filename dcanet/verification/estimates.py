"""Numbers of one network or one pair with their intervals, found a second time."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from ..comparison_documents import Estimate, SeedSplit
from .answers import Answers, Graded
from .findings import Findings
from .intervals import Crossed, Ends, crossed, crossed_signs, tango, wilson

#: Their resamples are averaged in single precision, and trainings' variances come from differences of sums.
INTERVAL = 5e-5
Of = TypeVar("Of", bound=Graded)


@dataclass(frozen=True)
class Place:
    """Where in a file's findings a check stands."""

    findings: Findings
    file: str
    field: str

    def of(self, name: str) -> "Place":
        return Place(self.findings, self.file, f"{self.field}.{name}" if self.field else name)

    def close(self, expected: float | None, found: float | None, tolerance: float = 1e-9) -> None:
        self.findings.close(self.file, self.field, expected, found, tolerance)

    def same(self, expected: object, found: object) -> bool:
        return self.findings.same(self.file, self.field, expected, found)

    def estimate(
        self, value: float, ends: Ends | None, found: Estimate, scale: float = 1, tolerance: float = 1e-9
    ) -> None:
        """A number with its interval; without ends to compare, only that they enclose something sensible."""
        self.of("value").close(scale * value, found.value, tolerance)
        if ends is None:
            self.of("low").same(True, found.low <= found.high)
            return
        for name, end in zip(("low", "high"), ends, strict=True):
            self.of(name).close(scale * end, getattr(found, name), INTERVAL)

    def split(self, mean: Crossed, found: SeedSplit | None, scale: float = 1) -> None:
        """What the error of a mean over several trainings comes from; nothing of one training."""
        if not self.same(mean.seeds > 1, found is not None) or found is None:
            return
        self.of("seeds").close(mean.seeds, found.seeds)
        for name, error in zip(("seed_error", "sampling_error"), mean.errors, strict=True):
            self.of(name).close(scale * error, getattr(found, name), INTERVAL)


def stacked(runs: Sequence[Of], values: Callable[[Of], NDArray[Any]]) -> NDArray[np.float64]:
    """(S, n) of a quantity of each training's images."""
    return np.stack([values(run).astype(np.float64) for run in runs])


def share(place: Place, rows: NDArray[np.float64], alpha: float, found: Estimate) -> Crossed:
    """A share of images in percent: by Wilson of one training, of several over seeds and images."""
    mean = crossed(rows)
    if len(rows) == 1:
        ends = wilson(int(rows.sum()), rows.shape[1], alpha)
    else:
        low, high = mean.interval(alpha)
        ends = max(0.0, low), min(1.0, high)
    place.estimate(mean.value, ends, found, 100)
    return mean


def share_difference(place: Place, signs: NDArray[np.float64], alpha: float, found: Estimate) -> Crossed:
    """A difference of shares in points: by Tango of one training each, of several over seeds and images."""
    mean = crossed_signs(signs)
    if len(signs) == 1:
        ends = tango(int((signs > 0).sum()), int((signs < 0).sum()), signs.shape[1], alpha)
    else:
        low, high = mean.interval(alpha)
        ends = max(-1.0, low), min(1.0, high)
    place.estimate(float(signs.mean()), ends, found, 100)
    return mean


def right(run: Graded) -> NDArray[np.bool_]:
    return run.right


def right5(run: Answers) -> NDArray[np.bool_]:
    return run.right5


def losses(run: Answers) -> NDArray[np.float32]:
    return run.losses
