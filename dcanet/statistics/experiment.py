"""The statistics of a whole experiment, from what its evaluations left on disk."""

from collections.abc import Collection, Sequence
from pathlib import Path

from ..comparison_documents import ApComparison, NotCompared, TableStatistics
from ..detection_documents import ApBootstrap
from ..errors import UserError
from ..sheets import Detector, Pair
from .detectors import Evaluated, compare_detectors
from .folders import Evaluations, find_evaluations
from .settings import Settings
from .table import gather, table_statistics


def experiment_statistics(
    results: Path,
    pairs: Sequence[Pair],
    detectors: Sequence[Detector],
    settings: Settings,
    pretrained: Collection[str] = (),
) -> TableStatistics:
    """Of every network of the sheets; what is absent or broken is there with the reason.

    Args:
        results: the experiment's folder.
        pretrained: networks of which the weights that were not trained here are meant, where there are both.

    Raises:
        UserError: nothing was evaluated.
    """
    found = find_evaluations(results, pretrained)
    if found.single:
        raise UserError(f"{results}: is one evaluation's folder; expected an experiment's, as results/digits")
    files = {
        model.id: [
            (folder / "predictions.parquet", seed) for folder, seed in found.classifiers.get(model.id, [])
        ]
        for pair in pairs
        for model in pair.models
    }
    connected = {
        pair.id: (pair.baseline.id, pair.connected.id) for pair in pairs if pair.connected is not None
    }
    models, compared = gather(files, connected)
    return table_statistics(models, compared, settings, _detectors(found, detectors, settings))


def _detectors(
    found: Evaluations, detectors: Sequence[Detector], settings: Settings
) -> dict[str, ApComparison | NotCompared]:
    """Each detector against the one that it is built on."""
    pairs: dict[str, tuple[Evaluated, Evaluated] | NotCompared] = {}
    for row in detectors:
        if row.baseline is None:
            continue
        try:
            pair = _bootstrap(found, row.baseline), _bootstrap(found, row.id)
            # Alone first: what is wrong with one pair is no reason to leave out the others.
            compare_detectors({row.id: pair}, settings)
        except UserError as error:
            pairs[row.id] = NotCompared(reason=error.line())
        else:
            pairs[row.id] = pair
    return compare_detectors(pairs, settings)


def _bootstrap(found: Evaluations, detector: str) -> Evaluated:
    runs = found.detectors.get(detector, [])
    if not runs:
        raise UserError(f"{detector} has not been evaluated")
    if len(runs) > 1:
        raise UserError(
            f"{detector} has several trainings, and the bootstrap of AP is of the images of one; "
            "`dcanet compare` of two evaluations' folders compares single ones"
        )
    path = runs[0][0] / "bootstrap.json"
    return detector, str(path), ApBootstrap.load(path)
