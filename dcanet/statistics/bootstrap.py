"""The paired bootstrap: images are drawn with replacement, and every network is scored on the same draws.

Which images were drawn never matters, only how often each: resamples are counts, and all quantities of all
networks follow from one product of matrices. Source: Efron and Tibshirani, "An Introduction to the
Bootstrap" (1993), chapters 6, 8 and 13.
"""

import numpy as np
from numpy.typing import ArrayLike, NDArray
from threadpoolctl import threadpool_limits
from tqdm import tqdm

RESAMPLES = 10_000
#: Resamples at once: their counts are 26 MB for 50,000 images.
BLOCK = 128


def resample_counts(counts: ArrayLike, resamples: int = RESAMPLES, seed: int = 0) -> NDArray[np.int64]:
    """(resamples, cells) how many images each cell has when as many are drawn as there are.

    For quantities with few values, as right or wrong of two networks, this is the bootstrap of the images
    itself: the cells of a resample are multinomial, whichever images they are.

    Args:
        counts: (cells,) images in each.
    """
    found = np.asarray(counts, dtype=np.int64)
    total = int(found.sum())
    return np.random.default_rng(seed).multinomial(total, found / total, size=resamples)


def resample_means(
    columns: NDArray[np.floating], resamples: int = RESAMPLES, seed: int = 0, progress: str = ""
) -> NDArray[np.float64]:
    """(resamples, K) means of the columns over images drawn with replacement, the same for all columns.

    The same seed draws the same images for every set of columns of as many images.

    Args:
        columns: (N, K) a quantity of each image in each column; sums are in single precision, about the mean.
        progress: what to call the work while it is shown; empty shows nothing.
    """
    images, width = columns.shape
    centre = columns.mean(axis=0, dtype=np.float64)
    deviations = (columns - centre).astype(np.float32)
    random = np.random.default_rng(seed)
    means = np.empty((resamples, width))
    drawn = np.empty((min(BLOCK, resamples), images), dtype=np.float32)
    starts = range(0, resamples, BLOCK)
    # Threads of one product wait for each other, several times longer than they save where a core is busy.
    with threadpool_limits(1, user_api="blas"):
        for start in tqdm(starts, desc=progress, leave=False, disable=None if progress else True):
            block = drawn[: min(BLOCK, resamples - start)]
            for row in block:
                row[:] = np.bincount(random.integers(0, images, images), minlength=images)
            means[start : start + len(block)] = (block @ deviations) / images + centre
    return means


def percentile_interval(resampled: NDArray[np.floating], alpha: float = 0.05) -> tuple[float, float]:
    """The resamples' own quantiles, for quantities that are means."""
    low, high = np.quantile(resampled, (alpha / 2, 1 - alpha / 2))
    return float(low), float(high)


def centred_interval(
    value: float, resampled: NDArray[np.floating], alpha: float = 0.05
) -> tuple[float, float]:
    """value - (q - mean) for the outer quantiles q, for quantities that resampling biases.

    A resample has fewer different images, which moves AP and calibration errors upwards: their percentiles
    may leave out the very value that they are for.
    """
    low, high = percentile_interval(resampled, alpha)
    mean = float(np.mean(resampled))
    return value - (high - mean), value + (mean - low)
