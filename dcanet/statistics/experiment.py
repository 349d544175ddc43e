"""The statistics of a whole experiment, from what its evaluations left on disk."""

from collections.abc import Collection, Mapping, Sequence
from pathlib import Path

from ..comparison_documents import ApComparison, ExtraTestSet, NotCompared, TableStatistics
from ..errors import UserError
from ..files import sha256
from ..sheets import Detector, Pair
from .detector_runs import Evaluated
from .detectors import ap_statistics, compare_detectors
from .extra_tests import answers_of, extra_test_set, read_graded
from .folders import Evaluations, Runs, find_evaluations
from .measured import measured_metrics
from .scores import read_scores
from .settings import Settings
from .table import Files, gather, table_statistics


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
    named = dict.fromkeys(name for row in detectors for name in (row.id, row.baseline) if name)
    read = {name: _evaluated(found, name) for name in named}
    models, compared = gather(files, connected, read_scores)
    statistics = table_statistics(
        models,
        compared,
        settings,
        tests={
            test: _test_set(test, runs, list(files), connected, settings)
            for test, runs in found.tests.items()
            if not runs.keys().isdisjoint(files)
        },
        average_precision={
            name: of_it if isinstance(of_it, NotCompared) else ap_statistics(of_it, settings)
            for name, of_it in read.items()
        },
        detectors=_detectors(detectors, read, settings),
        metrics=measured_metrics(models, compared, settings.alpha),
    )
    return statistics.model_copy(update={"inputs": _hashes(found, {*files}, {*read})})


def _hashes(found: Evaluations, classifiers: Collection[str], detectors: Collection[str]) -> dict[str, str]:
    """SHA-256 of the answers of these networks, by their paths below the experiment's folder."""
    paths = [
        folder / "predictions.parquet"
        for model, runs in found.classifiers.items()
        if model in classifiers
        for folder, _ in runs
    ]
    paths += [
        answers_of(folder)
        for of_set in found.tests.values()
        for model, runs in of_set.items()
        if model in classifiers
        for folder, _ in runs
    ]
    paths += [
        folder / "bootstrap.json"
        for name, runs in found.detectors.items()
        if name in detectors
        for folder, _ in runs
    ]
    return {path.relative_to(found.root).as_posix(): sha256(path) for path in paths if path.is_file()}


def _test_set(
    test: str,
    runs: Mapping[str, Runs],
    models: Sequence[str],
    pairs: Mapping[str, tuple[str, str]],
    settings: Settings,
) -> ExtraTestSet:
    files: dict[str, Files] = {
        model: [(answers_of(folder), seed) for folder, seed in runs.get(model, [])] for model in models
    }
    return extra_test_set(*gather(files, pairs, read_graded, f"on {test}"), settings)


def _evaluated(found: Evaluations, detector: str) -> Evaluated | NotCompared:
    try:
        return Evaluated.read(detector, found.detectors.get(detector, []))
    except UserError as error:
        return NotCompared(reason=error.line())


def _detectors(
    rows: Sequence[Detector], read: Mapping[str, Evaluated | NotCompared], settings: Settings
) -> dict[str, ApComparison | NotCompared]:
    """Each detector against the one that it is built on."""
    pairs: dict[str, tuple[Evaluated, Evaluated] | NotCompared] = {}
    for row in rows:
        if row.baseline is None:
            continue
        base, other = read[row.baseline], read[row.id]
        if isinstance(base, NotCompared):
            pairs[row.id] = base
            continue
        if isinstance(other, NotCompared):
            pairs[row.id] = other
            continue
        try:
            # Alone first: what is wrong with one pair is no reason to leave out the others.
            compare_detectors({row.id: (base, other)}, settings)
        except UserError as error:
            pairs[row.id] = NotCompared(reason=error.line())
        else:
            pairs[row.id] = base, other
    return compare_detectors(pairs, settings)
