"""What statistics need of stored predictions, image by image."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ..evaluation.predictions import Predictions
from .graded import Graded


@dataclass(frozen=True)
class Scores(Graded):
    """One training's predictions in the order of the images' ids, whatever their order on disk."""

    targets: NDArray[np.int32]
    answers: NDArray[np.int32]
    """(N,) first guesses."""
    confidences: NDArray[np.float32]
    """(N,) their probabilities."""
    right5: NDArray[np.bool_]
    losses: NDArray[np.float32]

    @classmethod
    def of(cls, predictions: Predictions, source: str, seed: int | None = None) -> "Scores":
        order = sorted(range(len(predictions.images)), key=predictions.images.__getitem__)
        # A file without rows has no columns either.
        shape = (len(order), -1 if order else 1)
        top5 = predictions.top5.reshape(shape)[order]
        targets = predictions.targets[order].astype(np.int32)
        return cls(
            source=source,
            seed=seed,
            images=tuple(predictions.images[place] for place in order),
            targets=targets,
            answers=top5[:, 0].astype(np.int32),
            confidences=predictions.scores.reshape(shape)[order, 0].astype(np.float32),
            right=top5[:, 0] == targets,
            right5=(top5 == targets[:, None]).any(axis=1),
            losses=predictions.losses[order].astype(np.float32),
        )

    def problem(self) -> str:
        if found := super().problem():
            return found
        if (self.targets == self.targets[0]).all():
            return f"has images of one class only ({self.targets[0]}); evaluate on images of several classes"
        if not np.isfinite(self.losses).all():
            place = int(np.flatnonzero(~np.isfinite(self.losses))[0])
            return f"has a loss that is not a number, of {self.images[place]!r}; evaluate again"
        return ""

    def disagreement(self, other: Graded) -> str:
        if not isinstance(other, Scores):
            return super().disagreement(other)
        differing = np.flatnonzero(self.targets != other.targets)
        if not len(differing):
            return ""
        place = differing[0]
        return (
            f"disagree about the true class of {len(differing):,} of {self.counted:,} images (of "
            f"{self.images[place]!r}: {self.targets[place]} and {other.targets[place]}); evaluate both with "
            "the same order of classes"
        )


def read_scores(files: Sequence[tuple[Path, int | None]]) -> list[Scores]:
    """Of predictions.parquet files and the seeds of their trainings.

    Raises:
        UserError: a file that cannot be read.
    """
    # Ids of equal images are kept once: they are most of what a file takes.
    known: dict[tuple[str, ...], tuple[str, ...]] = {}
    found = []
    for path, seed in files:
        scores = Scores.of(Predictions.load(path), str(path), seed)
        found.append(replace(scores, images=known.setdefault(scores.images, scores.images)))
    return found
