"""How alike two networks answer, and on which images they differ most surely."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..comparison_documents import FlippedImage
from .scores import Scores


def mistakes(baseline: Scores, other: Scores) -> tuple[int, int]:
    """Images that both have wrong: with the same answer, and with different ones."""
    wrong = ~baseline.right & ~other.right
    same = int(np.count_nonzero(wrong & (baseline.answers == other.answers)))
    return same, int(np.count_nonzero(wrong)) - same


def surest_flips(baseline: Scores, other: Scores, most: int) -> tuple[list[FlippedImage], list[FlippedImage]]:
    """Images gained and lost, at most so many of each, those first where the less sure network is surest."""
    sureness = np.minimum(baseline.confidences, other.confidences)

    def chosen(flipped: NDArray[np.bool_]) -> list[FlippedImage]:
        places = np.flatnonzero(flipped)
        # Stable, so that equally sure ones stand in the order of their ids.
        ranked = places[np.argsort(-sureness[places], kind="stable")][:most]
        return [
            FlippedImage(
                image=baseline.images[place],
                baseline_answer=int(baseline.answers[place]),
                baseline_confidence=float(baseline.confidences[place]),
                other_answer=int(other.answers[place]),
                other_confidence=float(other.confidences[place]),
            )
            for place in ranked
        ]

    return chosen(~baseline.right & other.right), chosen(baseline.right & ~other.right)


def same_answers(runs: Sequence[Scores]) -> NDArray[np.float64]:
    """(M, M) share of images to which two networks give the same answer, 0 to 1."""
    return _shares_alike(np.stack([run.answers for run in runs]))


def consistency(runs: Sequence[Scores]) -> NDArray[np.float64]:
    """(M, M) Cohen's kappa of being right: 1 where two networks are right on the same images, 0 by chance.

    Networks that are both right, or both wrong, on all images agree fully.

    Source: Geirhos et al., "Beyond accuracy: quantifying trial-by-trial behaviour of CNNs and humans by
        measuring error consistency" (arXiv 2006.16736), equation 1.
    """
    right = np.stack([run.right for run in runs])
    observed, shares = _shares_alike(right), right.mean(axis=1)
    by_chance = np.outer(shares, shares) + np.outer(1 - shares, 1 - shares)
    with np.errstate(invalid="ignore"):
        return np.where(by_chance == 1, 1.0, (observed - by_chance) / (1 - by_chance))


def _shares_alike(rows: NDArray[Any]) -> NDArray[np.float64]:
    """(M, M) share of the columns in which two of (M, N) rows are the same."""
    found = np.eye(len(rows))
    # A row at a time: pair by pair a thousand networks would be half a million calls.
    for place, row in enumerate(rows):
        found[place, :place] = found[:place, place] = (rows[:place] == row).mean(axis=1)
    return found
