"""Calibration errors as sums over images, so that they can be resampled and compared."""

import numpy as np
from numpy.typing import NDArray

from ..evaluation.calibration import BINS


def calibration_columns(
    confidences: NDArray[np.floating], right: NDArray[np.bool_], bins: int = BINS
) -> NDArray[np.float32]:
    """(N, bins) right minus confidence, in the column of the image's bin.

    Args:
        confidences: (N,) probabilities of the first guesses; a bin includes its upper edge.
        right: (N,) whether they are right.
    """
    place = np.clip(np.ceil(confidences.astype(np.float64) * bins).astype(int) - 1, 0, bins - 1)
    columns = np.zeros((len(right), bins), dtype=np.float32)
    columns[np.arange(len(right)), place] = right - confidences
    return columns


def calibration_error(means: NDArray[np.floating]) -> NDArray[np.float64]:
    """(...,) expected calibration error, 0 to 1, from (..., bins) means of the columns."""
    errors: NDArray[np.float64] = np.abs(means).sum(axis=-1)
    return errors


def calibration_shares(columns: NDArray[np.floating]) -> NDArray[np.float64]:
    """(N,) what each image adds to the calibration error, which is their mean.

    Their variance is the error's to first order, while no bin's sum changes its sign.
    """
    signs = np.sign(columns.sum(axis=0, dtype=np.float64))
    shares: NDArray[np.float64] = columns.astype(np.float64) @ signs
    return shares
