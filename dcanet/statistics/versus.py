"""Two sets of evaluations against each other: two runs, commits or machines."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from ..comparison_documents import ApComparison, NotCompared, PairComparison, TableStatistics
from ..detection_documents import ApBootstrap
from ..errors import UserError
from .folders import Evaluations
from .pairs import Pair
from .scores import Scores, read_scores
from .settings import Settings
from .table import table_statistics

Runs = list[tuple[Path, int | None]]


@dataclass(frozen=True)
class Versus:
    """The statistics, and the networks that only one side has."""

    statistics: TableStatistics
    only_a: list[str]
    only_b: list[str]

    def failures(self) -> list[str]:
        """Why B is not as good as A, or cannot be known to be; empty where it is."""
        statistics = self.statistics
        found = []
        for name, pair in statistics.pairs.items():
            if isinstance(pair, PairComparison) and pair.verdict == "worse":
                found.append(f"worse: {name} by {-pair.top1.value:.2f} points of top-1")
        for name, detector in statistics.detectors.items():
            if isinstance(detector, NotCompared):
                found.append(f"not compared: {name} ({detector.reason})")
            elif detector.verdict == "worse":
                found.append(f"worse: {name} by {-detector.numbers['ap'].value:.2f} points of AP")
        return found + [f"only in A: {name}" for name in self.only_a]


def versus(a: Evaluations, b: Evaluations, settings: Settings) -> Versus:
    """B against A: networks are matched by their ids; two single evaluations are, whatever they are of.

    Raises:
        UserError: nothing to match, or networks whose results cannot be compared; names both files.
    """
    classifiers = _matched(a.classifiers, b.classifiers, a.single and b.single)
    detectors = _matched(a.detectors, b.detectors, a.single and b.single)
    if not classifiers and not detectors:
        raise UserError(
            f"{a.root} and {b.root}: have no network in common ({_listed(a)}; {_listed(b)}); "
            "compare two evaluations' folders to compare different networks"
        )
    models: dict[str, list[Scores]] = {}
    pairs: dict[str, Pair | NotCompared] = {}
    for name, sides in classifiers.items():
        files = [(folder / "predictions.parquet", seed) for _, runs in sides for folder, seed in runs]
        # Read together, so that the ids of their images are kept once.
        scores = read_scores(files)
        (first, runs_a), (second, _) = sides
        read = ((f"{first} (A)", scores[: len(runs_a)]), (f"{second} (B)", scores[len(runs_a) :]))
        pairs[name] = Pair.of(*read)
        models.update(read)
    statistics = table_statistics(models, pairs, settings, _detectors(detectors, settings))
    networks = [{*side.classifiers, *side.detectors} for side in (a, b)]
    matched = {name for both in (classifiers, detectors) for sides in both.values() for name, _ in sides}
    return Versus(statistics, sorted(networks[0] - matched), sorted(networks[1] - matched))


def _matched(
    a: Mapping[str, Runs], b: Mapping[str, Runs], single: bool
) -> dict[str, tuple[tuple[str, Runs], tuple[str, Runs]]]:
    if single and a and b:
        (one,), (other,) = a.items(), b.items()
        name = one[0] if one[0] == other[0] else f"{one[0]} → {other[0]}"
        return {name: (one, other)}
    return {name: ((name, a[name]), (name, b[name])) for name in a if name in b}


def _detectors(
    detectors: Mapping[str, tuple[tuple[str, Runs], tuple[str, Runs]]], settings: Settings
) -> dict[str, ApComparison | NotCompared]:
    if not detectors:
        return {}
    from .detectors import Evaluated, compare_detectors

    pairs: dict[str, tuple[Evaluated, Evaluated] | NotCompared] = {}
    for name, sides in detectors.items():
        if any(len(runs) > 1 for _, runs in sides):
            pairs[name] = NotCompared(reason="the bootstrap of AP is of one training, and there are several")
            continue
        read: list[Evaluated] = []
        for (network, runs), letter in zip(sides, "AB", strict=True):
            path = runs[0][0] / "bootstrap.json"
            read.append((f"{network} ({letter})", str(path), ApBootstrap.load(path)))
        pairs[name] = (read[0], read[1])
    return compare_detectors(pairs, settings)


def _listed(side: Evaluations) -> str:
    names: Sequence[str] = [*side.classifiers, *side.detectors]
    return ", ".join(names[:6]) + (" and others" if len(names) > 6 else "")
