"""A network against its baseline, image by image, and the verdicts on many such pairs together."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from ..comparison_documents import (
    FlippedImage,
    NotCompared,
    PairComparison,
    RunComparison,
    TableStatistics,
    Top1Comparison,
)
from .answers import Answers, Graded
from .estimates import INTERVAL, Place, losses, right, right5, share_difference
from .intervals import Crossed, adjusted, centred, crossed, crossed_signs, mcnemar, quantiles, tango
from .resamples import Resamples, calibration_shares

POWER = 0.8


@dataclass(frozen=True)
class PairCheck:
    """What the pairs of a test set are checked with."""

    statistics: TableStatistics
    resamples: Resamples | None
    trained: Mapping[str, Sequence[Graded]]


def check_pairs(
    place: Place,
    known: PairCheck,
    documents: Mapping[str, Top1Comparison | NotCompared],
    pairs: Mapping[str, tuple[str, str]],
) -> dict[str, NDArray[np.float64]]:
    """Of each pair that could be compared (S, n) gains: 1 gained, -1 lost, 0 neither."""
    place.of("names").same(sorted(pairs), sorted(documents))
    gains: dict[str, NDArray[np.float64]] = {}
    p_values: dict[str, float] = {}
    for name, document in documents.items():
        runs = _runs(known, pairs.get(name))
        if isinstance(document, NotCompared):
            place.of(f"{name}, left out though it can be told").same(False, runs is not None)
            continue
        here = place.of(name)
        here.of("baseline, other").same(pairs.get(name), (document.baseline, document.other))
        if not here.of("results of both").same("the same images and seeds", _told(runs)) or runs is None:
            continue
        gains[name] = np.stack([np.subtract(o.right, b.right, dtype=np.float64) for b, o in runs])
        mean = _check_top1(here, document, gains[name], known.statistics)
        p_values[name] = mean.p_value if len(runs) > 1 else mcnemar(document.gained, document.lost)[1]
        here.of("p_value").close(p_values[name], document.p_value, 1e-7)
        if isinstance(document, PairComparison):
            _check_rest(here, document, runs, known)
    _check_verdicts(place, documents, p_values, gains, known.statistics)
    return gains


def _runs(known: PairCheck, names: tuple[str, str] | None) -> list[tuple[Graded, Graded]] | None:
    """Both sides' trainings beside each other; None where they cannot be compared."""
    if names is None or not all(name in known.trained for name in names):
        return None
    base, other = (known.trained[name] for name in names)
    if len(base) != len(other) or len({run.images for run in (*base, *other)}) > 1:
        return None
    kinds = {type(run) for run in (*base, *other)}
    targets = {run.targets.tobytes() for run in (*base, *other) if isinstance(run, Answers)}
    return list(zip(base, other, strict=True)) if len(kinds) == 1 and len(targets) < 2 else None


def _told(runs: object) -> str:
    return "others" if runs is None else "the same images and seeds"


def _check_top1(
    place: Place, document: Top1Comparison, signs: NDArray[Any], statistics: TableStatistics
) -> Crossed:
    place.of("images").close(signs.shape[1], document.images)
    place.of("gained").close(int((signs > 0).sum()), document.gained)
    place.of("lost").close(int((signs < 0).sum()), document.lost)
    mean = share_difference(place.of("top1"), signs, statistics.alpha, document.top1)
    place.of("split").split(mean, document.split, 100)
    return mean


def _check_verdicts(
    place: Place,
    documents: Mapping[str, Top1Comparison | NotCompared],
    p_values: Mapping[str, float],
    gains: Mapping[str, NDArray[Any]],
    statistics: TableStatistics,
) -> None:
    """Adjusted p-values, verdicts, and the differences that would have been found."""
    alpha, method = statistics.alpha, statistics.adjustment
    together = dict(zip(p_values, adjusted([*p_values.values()], method), strict=True))
    told = sum(p <= alpha for p in together.values())
    count = max(1, len(together))
    level = alpha / max(1, count - told) if method == "holm" else alpha * min(1.0, (told + 1) / count)
    for name, p in together.items():
        document = documents[name]
        assert isinstance(document, Top1Comparison)
        place.of(f"{name}.p_adjusted").close(p, document.p_adjusted, 1e-7)
        expected = verdict(document.top1.low, document.top1.high, p, alpha)
        place.of(f"{name}.verdict").same(expected, document.verdict)
        place.of(f"{name}.detectable").close(_detectable(gains[name], level), document.detectable, 1e-7)


def verdict(low: float, high: float, p_adjusted: float, alpha: float) -> str:
    """In words: both the interval and the adjusted p have to rule out 0."""
    if p_adjusted > alpha or low <= 0 <= high:
        return "not distinguishable"
    return "better" if low > 0 else "worse"


def _detectable(signs: NDArray[Any], level: float) -> float | None:
    """In points, at 80 % power: by Connett et al. (1987) of one training each."""
    z_alpha, z_beta = float(stats.norm.isf(level / 2)), float(stats.norm.ppf(POWER))
    if len(signs) > 1:
        mean = crossed_signs(signs)
        found = mean.half_width(level) + z_beta * float(np.sqrt(mean.variance))
    else:
        images, discordance = signs.shape[1], float(np.abs(signs).mean())
        if images + z_beta**2 <= z_alpha**2:
            return None
        root = np.sqrt(images + z_beta**2 - z_alpha**2)
        scale = (z_alpha * np.sqrt(images) + z_beta * root) / (images + z_beta**2)
        found = float(scale * max(np.sqrt(discordance), scale))
    return 100 * found if found < 1 else None


def _check_rest(
    place: Place, document: PairComparison, graded: Sequence[tuple[Graded, Graded]], known: PairCheck
) -> None:
    """What is told of the val split alone."""
    runs = [(b, o) for b, o in graded if isinstance(b, Answers) and isinstance(o, Answers)]
    statistics, alpha = known.statistics, known.statistics.alpha
    place.of("runs, number").same(len(runs), len(document.runs))
    for number, (both, of_run) in enumerate(zip(runs, document.runs, strict=False)):
        _check_run(place.of(f"runs[{number}]"), *both, of_run, statistics)
    model = statistics.models.get(document.other)
    seeds = getattr(model, "seeds", None) or [None]
    place.of("runs, seeds").same(seeds, [run.seed for run in document.runs])
    top5 = np.stack([np.subtract(right5(o), right5(b), dtype=np.float64) for b, o in runs])
    share_difference(place.of("top5"), top5, alpha, document.top5)
    for field, values, scale in (("nll", losses, 1), ("ece", calibration_shares, 100)):
        mean = crossed(np.stack([np.subtract(values(o), values(b), dtype=np.float64) for b, o in runs]))
        ends = mean.interval(alpha) if len(runs) > 1 else _drawn(field, mean.value, document, known)
        # Calibration errors are summed in single precision.
        place.of(field).estimate(mean.value, ends, getattr(document, field), scale, INTERVAL)
    _check_classes(place.of("per_class"), document, runs, statistics)
    for name, sign in (("surest_gained", 1), ("surest_lost", -1)):
        _check_flips(place.of(name), getattr(document, name), *runs[0], sign)


def _drawn(
    field: str, value: float, document: PairComparison, known: PairCheck
) -> tuple[float, float] | None:
    resamples, alpha = known.resamples, known.statistics.alpha
    of_field = getattr(resamples, field, {})
    if document.baseline not in of_field or document.other not in of_field:
        return None
    differences = of_field[document.other] - of_field[document.baseline]
    return quantiles(differences, alpha) if field == "nll" else centred(value, differences, alpha)


def _check_run(
    place: Place, base: Answers, other: Answers, document: RunComparison, statistics: TableStatistics
) -> None:
    gained, lost = int((~base.right & other.right).sum()), int((base.right & ~other.right).sum())
    wrong = ~base.right & ~other.right
    alike = base.guesses[:, 0] == other.guesses[:, 0]
    images = len(base.images)
    counts = {
        "both_right": int((base.right & other.right).sum()),
        "gained": gained,
        "lost": lost,
        "same_mistake": int((wrong & alike).sum()),
        "other_mistake": int((wrong & ~alike).sum()),
    }
    for name, count in counts.items():
        place.of(name).close(count, getattr(document, name))
    value = (gained - lost) / images
    place.of("difference").estimate(
        value, tango(gained, lost, images, statistics.alpha), document.difference, 100
    )
    cells = np.array([gained, lost, images - gained - lost]) / images
    drawn = np.random.default_rng(statistics.seed).multinomial(images, cells, size=statistics.resamples)
    ends = quantiles((drawn[:, 0] - drawn[:, 1]) / images, statistics.alpha)
    place.of("bootstrap").estimate(value, ends, document.bootstrap, 100)
    exact, mid = mcnemar(gained, lost)
    place.of("p_exact").close(exact, document.p_exact)
    place.of("p_mid").close(mid, document.p_mid)


def _check_classes(
    place: Place,
    document: PairComparison,
    runs: Sequence[tuple[Answers, Answers]],
    statistics: TableStatistics,
) -> None:
    labels = np.array([image.partition("/")[0] for image in runs[0][0].images])
    signs = np.stack([np.subtract(right(o), right(b), dtype=np.float64) for b, o in runs])
    names = [
        str(name) for name, count in zip(*np.unique(labels, return_counts=True), strict=True) if count > 1
    ]
    place.of("names").same(sorted(names), sorted(document.per_class))
    names = [name for name in document.per_class if name in names]
    p_values = []
    for name in names:
        found, of_class = document.per_class[name], signs[:, labels == name]
        here = place.of(name)
        gained, lost = int((of_class > 0).sum()), int((of_class < 0).sum())
        here.of("images").close(of_class.shape[1], found.images)
        here.of("gained").close(gained, found.gained)
        here.of("lost").close(lost, found.lost)
        mean = share_difference(here.of("difference"), of_class, statistics.alpha, found.difference)
        p_values.append(mean.p_value if len(runs) > 1 else mcnemar(gained, lost)[1])
    for name, p in zip(names, adjusted(p_values, statistics.adjustment), strict=True):
        place.of(f"{name}.p_adjusted").close(p, document.per_class[name].p_adjusted, 1e-7)


def _check_flips(
    place: Place, found: Sequence[FlippedImage], base: Answers, other: Answers, sign: int
) -> None:
    """Images gained (1) or lost (-1) by the first trainings; first where the less sure one is surest."""
    flipped = np.flatnonzero(np.subtract(other.right, base.right, dtype=np.int64) == sign)
    sureness = np.minimum(base.scores[:, 0], other.scores[:, 0])
    ranked = sorted(flipped.tolist(), key=lambda at: (-sureness[at], at))[: len(found)]
    place.of("as many as are told").same(True, len(found) == len(flipped) or len(found) >= 1)
    place.of("images").same([base.images[at] for at in ranked], [flip.image for flip in found])
    for at, flip in zip(ranked, found, strict=False):
        here = place.of(flip.image)
        for side, run in (("baseline", base), ("other", other)):
            here.of(f"{side}_answer").close(int(run.guesses[at, 0]), getattr(flip, f"{side}_answer"))
            here.of(f"{side}_confidence").close(float(run.scores[at, 0]), getattr(flip, f"{side}_confidence"))
