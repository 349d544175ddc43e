"""Whether probabilities mean what they say: the expected calibration error (arXiv 1706.04599)."""

import numpy as np

BINS = 15


def expected_calibration_error(confidences: np.ndarray, correct: np.ndarray, bins: int = BINS) -> float:
    """Mean distance between confidence and accuracy over equal-width bins of confidence, in percent.

    Args:
        confidences: (N,) probabilities of the first guesses, N > 0; a bin includes its upper edge.
        correct: (N,) whether the first guesses are right.

    Source: equation 3 of Guo et al., "On Calibration of Modern Neural Networks".
    """
    exact = confidences.astype(np.float64)
    place = np.clip(np.ceil(exact * bins).astype(int) - 1, 0, bins - 1)
    # |accuracy - confidence| of a bin times its share of the images is |hits - sum of confidences| / N.
    hits = np.bincount(place, weights=correct, minlength=bins)
    expected = np.bincount(place, weights=exact, minlength=bins)
    return float(100 * np.abs(hits - expected).sum() / len(exact))
