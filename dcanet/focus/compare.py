"""Whether the focus of a connected network drifts otherwise than its baseline's, on the same images."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from ..comparison_documents import NotCompared
from ..focus_documents import Compared, Drift
from ..statistics.bootstrap import percentile_interval, resample_means
from ..statistics.models import estimate
from .watch import Watched

RESAMPLES = 2_000


def drifts(baseline: Watched, connected: Watched) -> tuple[list[Drift | NotCompared], Drift | NotCompared]:
    """From each stage to the next, and of each image's mean over the steps that can be told."""
    steps: list[Drift | NotCompared] = []
    told = []
    for step in range(len(baseline.sizes) - 1):
        if (flat := _without_focus(baseline.sizes[step : step + 2], step + 1)) is not None:
            steps.append(flat)
            continue
        told.append(step)
        steps.append(_drift(baseline, connected, [step]))
    if not told:
        return steps, NotCompared(reason="no two stages have maps larger than 1 × 1")
    return steps, _drift(baseline, connected, told)


def _without_focus(sizes: Sequence[tuple[int, int]], stage: int) -> NotCompared | None:
    """Why there is no way from a stage to the next; None where there is one."""
    for place, size in enumerate(sizes):
        if size == (1, 1):
            return NotCompared(reason=f"stage {stage + place} has a map of 1 × 1: no focus to locate")
    return None


def _drift(baseline: Watched, connected: Watched, steps: list[int]) -> Drift | NotCompared:
    """Means over the images in which both networks have a focus at all these stages."""
    columns = np.stack(
        [
            values[steps].mean(axis=0)
            for values in (baseline.shifts, connected.shifts, baseline.overlaps, connected.overlaps)
        ],
        axis=1,
    )
    columns = columns[np.isfinite(columns).all(axis=1)]
    if len(columns) < 2:
        return NotCompared(reason="fewer than two images have heat in both networks' maps")
    resampled = resample_means(columns, RESAMPLES)
    shift, overlap = (_compared(columns[:, side], resampled[:, side]) for side in ([0, 1], [2, 3]))
    return Drift(images=len(columns), shift=shift, overlap=overlap)


def _compared(columns: NDArray[np.float64], resampled: NDArray[np.float64]) -> Compared:
    """Of (N, 2) values of baseline and connected network, and (resamples, 2) of their means."""
    from scipy.special import ndtr

    means = columns.mean(axis=0)
    difference, differences = float(means[1] - means[0]), resampled[:, 1] - resampled[:, 0]
    spread = float(differences.std())
    # Networks that are the same have resamples that differ by rounding.
    p_value = float(2 * ndtr(-abs(difference) / spread)) if spread > 1e-12 else float(abs(difference) < 1e-12)
    return Compared(
        baseline=estimate(float(means[0]), percentile_interval(resampled[:, 0])),
        connected=estimate(float(means[1]), percentile_interval(resampled[:, 1])),
        difference=estimate(difference, percentile_interval(differences)),
        p_value=p_value,
    )
