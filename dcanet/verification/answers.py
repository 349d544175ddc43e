"""What a classifier answered to each image, and the numbers that follow from it."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from .files import Files

PREDICTIONS = {
    "image": pa.string(),
    "target": pa.int32(),
    "top5": pa.list_(pa.int32()),
    "top5_scores": pa.list_(pa.float32()),
    "loss": pa.float32(),
}
CORRECT = {"image": pa.string(), "correct": pa.bool_()}
BINS = 15
#: By which a stored probability and a loss in single precision may differ from one another.
SINGLE = 1e-3


@dataclass(frozen=True)
class Graded:
    """Images in the order of their ids, and whether each was recognised."""

    images: tuple[str, ...]
    right: NDArray[np.bool_]


@dataclass(frozen=True)
class Answers(Graded):
    """With the five best classes, their probabilities, and the loss."""

    targets: NDArray[np.int64]
    guesses: NDArray[np.int64]
    """(N, up to 5), best first."""
    scores: NDArray[np.float32]
    losses: NDArray[np.float32]

    @property
    def right5(self) -> NDArray[np.bool_]:
        return np.array([target in row for target, row in zip(self.targets, self.guesses, strict=True)])

    @property
    def top1_percent(self) -> float:
        return 100 * int(self.right.sum()) / len(self.images)

    @property
    def top5_percent(self) -> float:
        return 100 * int(self.right5.sum()) / len(self.images)

    @property
    def nll(self) -> float:
        return float(np.sum(self.losses, dtype=np.float64)) / len(self.images)

    @property
    def bins(self) -> NDArray[np.intp]:
        """Which of 15 equal bins, each with its upper edge, holds the first guess's probability."""
        edges = np.arange(1, BINS) / BINS
        return np.searchsorted(edges, self.scores[:, 0].astype(np.float64), side="left")

    @property
    def ece_percent(self) -> float:
        """Weighted mean of |accuracy - confidence| over the bins that have images."""
        confidences = self.scores[:, 0].astype(np.float64)
        error = 0.0
        for place in np.unique(self.bins):
            inside = self.bins == place
            error += inside.mean() * abs(self.right[inside].mean() - confidences[inside].mean())
        return 100 * float(error)


def read_answers(files: Files, path: str) -> Answers | None:
    """From predictions.parquet; None, and a problem, where they make no sense."""
    table = files.table(path, PREDICTIONS)
    if table is None:
        return None
    images = table["image"].to_pylist()
    guesses, scores = (table[name].to_pylist() for name in ("top5", "top5_scores"))
    if not _check_images(files, path, images) or not _even(files, path, guesses, scores):
        return None
    order = sorted(range(len(images)), key=images.__getitem__)
    targets = table["target"].to_numpy()[order].astype(np.int64)
    best = np.array(guesses, dtype=np.int64)[order]
    found = Answers(
        images=tuple(images[place] for place in order),
        right=best[:, 0] == targets,
        targets=targets,
        guesses=best,
        scores=np.array(scores, dtype=np.float32)[order],
        losses=table["loss"].to_numpy()[order],
    )
    _check_sense(files, path, found)
    return found


def read_correct(files: Files, path: str) -> Graded | None:
    """From correct.parquet; None, and a problem, where it makes no sense."""
    table = files.table(path, CORRECT)
    if table is None:
        return None
    images = table["image"].to_pylist()
    if not _check_images(files, path, images):
        return None
    order = sorted(range(len(images)), key=images.__getitem__)
    return Graded(tuple(images[place] for place in order), table["correct"].to_numpy()[order])


def _check_images(files: Files, path: str, images: Sequence[str]) -> bool:
    """Whether there are some, each once."""
    twice = len(images) - len(set(images))
    return files.findings.same(files.at(path), "images that are there more than once", 0, twice) and (
        len(images) > 0 or files.findings.same(files.at(path), "images", "some", "none")
    )


def _even(files: Files, path: str, guesses: list[list[int]], scores: list[list[float]]) -> bool:
    lengths = {len(row) for rows in (guesses, scores) for row in rows}
    return files.findings.same(files.at(path), "different numbers of guesses", 1, len(lengths)) and (
        0 not in lengths or files.findings.same(files.at(path), "guesses", "some", "none")
    )


def _check_sense(files: Files, path: str, found: Answers) -> None:
    """Probabilities, loss and classes of each image fit one another: an edited one does not."""
    name, findings = files.at(path), files.findings
    scores = found.scores.astype(np.float64)
    width = found.guesses.shape[1]
    rest = np.maximum(0, 1 - scores.sum(axis=1))
    places = found.guesses == found.targets[:, None]
    among = places.any(axis=1)
    probability = np.exp(-found.losses.astype(np.float64))
    said = np.where(among, (scores * places).sum(axis=1), np.minimum(rest, scores[:, -1]))
    with np.errstate(invalid="ignore"):
        off = np.where(among, np.abs(probability - said), np.maximum(probability - said, 0))
        strange = {
            "images with a guess twice": [len(set(row)) < width for row in found.guesses.tolist()],
            "images whose probabilities do not fall from 1 to 0": ~(
                (np.diff(scores, axis=1) <= 0).all(axis=1)
                & (scores[:, 0] <= 1 + SINGLE)
                & (scores[:, -1] >= 0)
            ),
            "images whose probabilities add up to more than 1": ~(scores.sum(axis=1) <= 1 + SINGLE),
            "images whose loss does not fit their probabilities": ~(off <= SINGLE),
            "images with a loss below 0": ~(found.losses >= -SINGLE),
        }
    for field, rows in strange.items():
        findings.same(name, field, 0, int(np.count_nonzero(rows)))
    pairs = {
        (image.partition("/")[0], target)
        for image, target in zip(found.images, found.targets.tolist(), strict=True)
    }
    for side, what in ((0, "folders of several classes"), (1, "classes of several folders")):
        findings.same(name, what, 0, len(pairs) - len({pair[side] for pair in pairs}))
