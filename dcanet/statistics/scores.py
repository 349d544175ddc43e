"""What statistics need of stored predictions, image by image, and whether two of them can be compared."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ..errors import UserError
from ..evaluation.predictions import Predictions


@dataclass(frozen=True)
class Scores:
    """One training's predictions in the order of the images' ids, whatever their order on disk."""

    source: str
    """Where they were read from, for messages."""
    seed: int | None
    images: tuple[str, ...]
    targets: NDArray[np.int32]
    answers: NDArray[np.int32]
    """(N,) first guesses."""
    confidences: NDArray[np.float32]
    """(N,) their probabilities."""
    right: NDArray[np.bool_]
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

    @property
    def counted(self) -> int:
        return len(self.images)


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


def check_alone(scores: Scores, also: str = "") -> None:
    """UserError unless statistics of these predictions mean something.

    Args:
        also: another file to name, with which these were to be compared.
    """
    problem = _problem(scores)
    if problem:
        compared = f" (compared with {also})" if also else ""
        raise UserError(f"{scores.source}{compared}: {problem}")


def check_pair(baseline: Scores, other: Scores) -> None:
    """UserError that names both files unless they are of exactly the same images with the same classes."""
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
    differing = np.flatnonzero(baseline.targets != other.targets)
    if len(differing):
        place = differing[0]
        raise UserError(
            f"{both} disagree about the true class of {len(differing):,} of {baseline.counted:,} images (of "
            f"{baseline.images[place]!r}: {baseline.targets[place]} and {other.targets[place]}); evaluate "
            "both with the same order of classes"
        )


def check_runs(baseline: Sequence[Scores], other: Sequence[Scores]) -> None:
    """As `check_pair`, of all trainings; of several, both networks need the same seeds.

    Raises:
        UserError: names both files.
    """
    if len(baseline) > 1 or len(other) > 1:
        for some, rest in ((baseline, other), (other, baseline)):
            _check_once(some)
            seeds = {run.seed for run in rest}
            for run in some:
                if run.seed not in seeds:
                    raise UserError(
                        f"{run.source} is of {_seed(run)}, of which there is nothing beside "
                        f"{rest[0].source}; evaluate the same seeds of both"
                    )
    first = baseline[0]
    for run in (*baseline[1:], *other):
        check_pair(first, run)


def _problem(scores: Scores) -> str:
    if scores.counted < 2:
        return f"has {scores.counted} image{'s' * (scores.counted != 1)}; statistics need at least two"
    for one, following in zip(scores.images, scores.images[1:], strict=False):
        if one == following:
            return f"lists {one!r} more than once; evaluate again"
    if (scores.targets == scores.targets[0]).all():
        return f"has images of one class only ({scores.targets[0]}); evaluate on images of several classes"
    if not np.isfinite(scores.losses).all():
        place = int(np.flatnonzero(~np.isfinite(scores.losses))[0])
        return f"has a loss that is not a number, of {scores.images[place]!r}; evaluate again"
    return ""


def _check_once(runs: Sequence[Scores]) -> None:
    first: dict[int | None, Scores] = {}
    for run in runs:
        if run.seed in first:
            raise UserError(f"{first[run.seed].source} and {run.source} are both of {_seed(run)}; give one")
        first[run.seed] = run


def _seed(run: Scores) -> str:
    return "weights without a seed" if run.seed is None else f"seed {run.seed}"
