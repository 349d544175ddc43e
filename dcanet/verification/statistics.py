"""statistics.json from the stored answers: every estimate, test and verdict."""

from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from ..comparison_documents import (
    AccuracyStatistics,
    Agreement,
    ExtraTestSet,
    ModelStatistics,
    NotCompared,
    TableStatistics,
)
from .answers import Answers, Graded
from .detector_statistics import check_detectors
from .estimates import INTERVAL, Place, losses, right, right5, share, stacked
from .experiment import BySeed, Experiment, chosen
from .files import Files
from .intervals import centred, crossed, quantiles
from .pair_statistics import PairCheck, check_pairs
from .pooled import check_pooled
from .resamples import Resamples, calibration_shares

STATISTICS = "statistics.json"


def check_statistics(
    files: Files, found: Experiment, pairs: Mapping[str, tuple[str, str]]
) -> TableStatistics | None:
    """Of all networks and of the pairs, which have names and (baseline, other)."""
    statistics = files.document(STATISTICS, TableStatistics, required=False)
    if statistics is None:
        if found.answers or found.bootstraps:
            files.findings.note(
                f"{files.at(STATISTICS)}: is not there, so no interval or verdict was checked"
            )
        return None
    place = Place(files.findings, files.at(STATISTICS), "")
    _check_inputs(files, statistics, place)
    trained = _trained(place.of("models"), statistics.models, found.answers)
    single = {name: runs[0] for name, runs in trained.items() if len(runs) == 1}
    resamples = Resamples(single, statistics.resamples, statistics.seed)
    if resamples.skipped:
        files.findings.note(
            f"resamples of {len(resamples.skipped)} networks were not drawn again: too many images"
        )
    for name, runs in trained.items():
        model = statistics.models[name]
        assert isinstance(model, ModelStatistics)
        _check_model(place.of(f"models.{name}"), name, runs, model, resamples, statistics.alpha)
    compared = PairCheck(statistics, resamples, trained)
    gains = check_pairs(place.of("pairs"), compared, statistics.pairs, pairs)
    check_pooled(place.of("pooled"), statistics, gains, set(pairs) & set(statistics.pairs))
    _check_agreement(place.of("agreement"), statistics.agreement, trained)
    for test, found_on in statistics.tests.items():
        _check_test(place.of(f"tests.{test}"), statistics, found_on, found.graded.get(test, {}), pairs)
    place.of("tests, names").same(sorted(found.graded), sorted(statistics.tests))
    check_detectors(place, statistics, found.bootstraps)
    return statistics


def _check_inputs(files: Files, statistics: TableStatistics, place: Place) -> None:
    """It was made of the files that are there now."""
    place.of("inputs, any").same(True, bool(statistics.inputs))
    for path, recorded in statistics.inputs.items():
        inside = not path.startswith("/") and ".." not in path.split("/")
        if place.of("inputs, paths inside the folder").same(True, inside):
            files.is_recorded(path, recorded, place.file, "inputs")


def _trained(
    place: Place,
    documents: Mapping[str, ModelStatistics | NotCompared],
    answers: Mapping[str, BySeed[Answers]],
) -> dict[str, list[Answers]]:
    """The trainings that each network's statistics are of; all that are there must be among them."""
    found: dict[str, list[Answers]] = {}
    for name, document in documents.items():
        there = answers.get(name, {})
        if isinstance(document, NotCompared):
            place.of(f"{name}, left out though it can be told").same(False, _can_be_told(there.values()))
            continue
        expected = sorted(seed for seed in there if seed is not None)
        if document.seeds or None not in there:
            place.of(f"{name}.seeds").same(expected, document.seeds)
        runs = chosen(there, document.seeds)
        if runs is not None and _same_images(runs):
            found[name] = runs
        elif runs is not None:
            place.of(f"{name}, images of its trainings").same("the same", "different ones")
    return found


def _can_be_told(runs: Iterable[Graded]) -> bool:
    listed = list(runs)
    many = all(len(run.images) > 1 for run in listed)
    classes = all(len(set(run.targets.tolist())) > 1 for run in listed if isinstance(run, Answers))
    return bool(listed) and many and classes


def _same_images(runs: Sequence[Graded]) -> bool:
    return len({run.images for run in runs}) == 1


def _check_accuracy(place: Place, runs: Sequence[Graded], document: AccuracyStatistics, alpha: float) -> None:
    place.of("images").close(len(runs[0].images), document.images)
    mean = share(place.of("top1"), stacked(runs, right), alpha, document.top1)
    place.of("top1_split").split(mean, document.top1_split, 100)


def _check_model(
    place: Place,
    name: str,
    runs: Sequence[Answers],
    document: ModelStatistics,
    resamples: Resamples,
    alpha: float,
) -> None:
    _check_accuracy(place, runs, document, alpha)
    share(place.of("top5"), stacked(runs, right5), alpha, document.top5)
    nll = crossed(stacked(runs, losses))
    ece = crossed(stacked(runs, calibration_shares))
    if len(runs) > 1:
        place.of("nll").estimate(nll.value, nll.interval(alpha), document.nll)
        low, high = ece.interval(alpha)
        place.of("ece").estimate(ece.value, (max(0.0, low), min(1.0, high)), document.ece, 100, INTERVAL)
        return
    drawn = name in resamples.nll
    place.of("nll").estimate(
        nll.value, quantiles(resamples.nll[name], alpha) if drawn else None, document.nll
    )
    ends = None
    if drawn:
        low, high = centred(ece.value, resamples.ece[name], alpha)
        ends = max(0.0, low), high
    place.of("ece").estimate(ece.value, ends, document.ece, 100, INTERVAL)


def _check_agreement(
    place: Place, document: Agreement | NotCompared, trained: Mapping[str, Sequence[Answers]]
) -> None:
    """How alike the first trainings answer."""
    first = {name: runs[0] for name, runs in trained.items()}
    if isinstance(document, NotCompared):
        place.of("left out though it can be told").same(
            False, len(first) > 0 and _same_images([*first.values()])
        )
        return
    if not place.of("models").same(list(first), document.models):
        return
    for row, one in enumerate(first.values()):
        for column, other in enumerate(first.values()):
            same = float(np.mean(one.guesses[:, 0] == other.guesses[:, 0]))
            place.of(f"same_answer[{row}][{column}]").close(same, _at(document.same_answer, row, column))
            kappa = 1.0 if row == column else _kappa(one, other)
            place.of(f"kappa[{row}][{column}]").close(kappa, _at(document.kappa, row, column))


def _at(matrix: Sequence[Sequence[float]], row: int, column: int) -> float | None:
    return matrix[row][column] if row < len(matrix) and column < len(matrix[row]) else None


def _kappa(one: Answers, other: Answers) -> float:
    """Cohen's, of being right."""
    observed = float(np.mean(one.right == other.right))
    chance = float(one.right.mean() * other.right.mean() + (1 - one.right.mean()) * (1 - other.right.mean()))
    return 1.0 if chance == 1 else (observed - chance) / (1 - chance)


def _check_test(
    place: Place,
    statistics: TableStatistics,
    document: ExtraTestSet,
    graded: Mapping[str, BySeed[Graded]],
    pairs: Mapping[str, tuple[str, str]],
) -> None:
    """An extra test set, whose pairs are judged for themselves."""
    trained: dict[str, list[Graded]] = {}
    for name, found in document.models.items():
        there = graded.get(name, {})
        if isinstance(found, NotCompared):
            place.of(f"models.{name}, left out though it can be told").same(
                False, _can_be_told(there.values())
            )
            continue
        runs = chosen(there, found.seeds)
        if runs is None or not _same_images(runs):
            place.of(f"models.{name}, results of these seeds").same("all", "not all")
            continue
        trained[name] = runs
        _check_accuracy(place.of(f"models.{name}"), runs, found, statistics.alpha)
    check_pairs(place.of("pairs"), PairCheck(statistics, None, trained), document.pairs, pairs)
