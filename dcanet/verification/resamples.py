"""The bootstrap of the images drawn again, as `dcanet statistics` documents it."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from .answers import BINS, Answers

#: More draws than these (resamples times images) are not made again: they would take minutes.
MOST_DRAWS = 1_000_000_000
BLOCK = 64


class Resamples:
    """NLL in nats and calibration error, 0 to 1, of classifiers on the same resamples of the images.

    Resample after resample, `integers(0, n, n)` of numpy's default generator says which images are drawn.
    """

    def __init__(self, answers: Mapping[str, Answers], resamples: int, seed: int) -> None:
        self.nll: dict[str, NDArray[np.float64]] = {}
        self.ece: dict[str, NDArray[np.float64]] = {}
        self.skipped: list[str] = []
        for images in sorted({len(found.images) for found in answers.values()}):
            of_size = {name: found for name, found in answers.items() if len(found.images) == images}
            if images * resamples > MOST_DRAWS:
                self.skipped += of_size
            else:
                self._draw(of_size, images, resamples, seed)

    def _draw(self, answers: Mapping[str, Answers], images: int, resamples: int, seed: int) -> None:
        random = np.random.default_rng(seed)
        columns = np.hstack([_columns(found) for found in answers.values()])
        means = np.empty((resamples, columns.shape[1]))
        for start in range(0, resamples, BLOCK):
            count = min(BLOCK, resamples - start)
            drawn = [np.bincount(random.integers(0, images, images), minlength=images) for _ in range(count)]
            means[start : start + count] = np.array(drawn, dtype=np.float64) @ columns / images
        for name, part in zip(answers, np.hsplit(means, len(answers)), strict=True):
            self.nll[name] = part[:, 0]
            self.ece[name] = np.abs(part[:, 1:]).sum(axis=1)


def _columns(found: Answers) -> NDArray[np.float64]:
    """(N, 1 + bins) loss, and right minus confidence in the column of the image's bin."""
    columns = np.zeros((len(found.images), 1 + BINS))
    columns[:, 0] = found.losses
    gaps: NDArray[np.float64] = found.right - found.scores[:, 0].astype(np.float64)
    columns[np.arange(len(found.images)), 1 + found.bins] = gaps
    return columns


def calibration_shares(found: Answers) -> NDArray[np.float64]:
    """(N,) whose mean is the calibration error: right minus confidence, with the sign of its bin's sum."""
    gaps: NDArray[np.float64] = found.right - found.scores[:, 0].astype(np.float64)
    sums = np.bincount(found.bins, weights=gaps, minlength=BINS)
    return gaps * np.sign(sums)[found.bins]
