"""Detectors' AP on resamples of the images, the same resamples for every training of every detector."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ..detection_documents import ApBootstrap
from ..errors import UserError
from ..evaluation.ap_bootstrap import check_same_resamples


@dataclass(frozen=True)
class DetectorRun:
    """One training's numbers."""

    source: str
    """Where they were read from, for messages."""
    seed: int | None
    bootstrap: ApBootstrap


@dataclass(frozen=True)
class Evaluated:
    """A detector with its trainings."""

    name: str
    runs: tuple[DetectorRun, ...]

    @classmethod
    def read(cls, name: str, folders: Sequence[tuple[Path, int | None]]) -> "Evaluated":
        """From the folders of its evaluations.

        Raises:
            UserError: no evaluation, a file that cannot be read, or trainings on different resamples.
        """
        if not folders:
            raise UserError(f"{name} has not been evaluated")
        paths = [(folder / "bootstrap.json", seed) for folder, seed in folders]
        found = cls(name, tuple(DetectorRun(str(path), seed, ApBootstrap.load(path)) for path, seed in paths))
        for run in found.runs[1:]:
            check_comparable(found.runs[0], run)
        return found


@dataclass(frozen=True)
class ApValues:
    """One number of S trainings, in percent or in points."""

    values: NDArray[np.float64]
    """(S,) on all images."""
    resampled: NDArray[np.float64]
    """(S, B) on those of the resamples that have an object to find."""


def check_comparable(one: DetectorRun, other: DetectorRun) -> None:
    """UserError that names both files unless they are of the same resamples."""
    try:
        check_same_resamples(one.bootstrap, other.bootstrap)
    except UserError as error:
        raise UserError(f"{one.source} and {other.source}: {error}") from error


def ap_values(runs: Sequence[DetectorRun]) -> dict[str, ApValues]:
    """Of trainings on the same resamples: the numbers that their images and at least two resamples have.

    Whether there is an object to find depends on the images alone, so a resample has a number of all
    trainings or of none.
    """
    found = {}
    bootstraps = [run.bootstrap for run in runs]
    for name in bootstraps[0].values:
        if any(name not in bootstrap.values for bootstrap in bootstraps):
            continue
        values = np.array([bootstrap.values[name] for bootstrap in bootstraps], dtype=np.float64)
        resampled = np.array([bootstrap.resampled[name] for bootstrap in bootstraps], dtype=np.float64)
        defined = resampled[:, ~np.isnan(resampled).any(axis=0)]
        if not np.isnan(values).any() and defined.shape[1] > 1:
            found[name] = ApValues(values, defined)
    return found


def ap_differences(pairs: Sequence[tuple[DetectorRun, DetectorRun]]) -> dict[str, ApValues]:
    """The same of the differences of pairs of trainings, other minus baseline, resample by resample."""
    both = ap_values([run for pair in pairs for run in pair])
    return {
        name: ApValues(ap.values[1::2] - ap.values[::2], ap.resampled[1::2] - ap.resampled[::2])
        for name, ap in both.items()
    }
