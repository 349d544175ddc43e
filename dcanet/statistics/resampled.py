"""NLL and calibration error of many networks on the same resamples of the images."""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import groupby

import numpy as np
from numpy.typing import NDArray

from .bootstrap import resample_means
from .calibrated import calibration_columns, calibration_error
from .scores import Scores
from .settings import Settings


@dataclass(frozen=True)
class Resampled:
    """One network's NLL in nats and calibration error, 0 to 1, on each resample."""

    nll: NDArray[np.float64]
    ece: NDArray[np.float64]


def resampled(models: Mapping[str, Scores], settings: Settings) -> dict[str, Resampled]:
    """Of every network; those of as many images share the draws, so that differences are paired."""
    found: dict[str, Resampled] = {}
    by_size = sorted(models.items(), key=lambda item: item[1].counted)
    for _, group in groupby(by_size, key=lambda item: item[1].counted):
        of_size = dict(group)
        parts = [
            np.column_stack([scores.losses, calibration_columns(scores.confidences, scores.right)])
            for scores in of_size.values()
        ]
        means = resample_means(
            np.concatenate(parts, axis=1), settings.resamples, settings.seed, progress="bootstrap"
        )
        for name, part in zip(of_size, np.split(means, len(parts), axis=1), strict=True):
            found[name] = Resampled(nll=part[:, 0], ece=calibration_error(part[:, 1:]))
    return found
