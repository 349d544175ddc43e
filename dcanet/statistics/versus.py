"""Two sets of evaluations against each other: two runs, commits or machines."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ..comparison_documents import ApComparison, ExtraTestSet, NotCompared, PairComparison, TableStatistics
from ..errors import UserError
from .extra_tests import answers_of, extra_test_set, read_graded
from .folders import Evaluations, Runs
from .pairs import Pair
from .scores import Scores, read_scores
from .settings import Settings
from .table import gather, table_statistics


@dataclass(frozen=True)
class Versus:
    """The statistics, and the networks that only one side has."""

    statistics: TableStatistics
    only_a: list[str]
    only_b: list[str]

    def failures(self) -> list[str]:
        """Why B is not as good as A, or cannot be known to be; empty where it is.

        Extra test sets do not count.
        """
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
    pairs: dict[str, Pair[Scores] | NotCompared] = {}
    for name, sides in classifiers.items():
        files = [(folder / "predictions.parquet", seed) for _, runs in sides for folder, seed in runs]
        # Read together, so that the ids of their images are kept once.
        scores = read_scores(files)
        (first, runs_a), (second, _) = sides
        read = ((f"{first} (A)", scores[: len(runs_a)]), (f"{second} (B)", scores[len(runs_a) :]))
        pairs[name] = Pair.of(*read)
        models.update(read)
    statistics = table_statistics(
        models, pairs, settings, _tests(a, b, settings), detectors=_detectors(detectors, settings)
    )
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
    from .detector_runs import Evaluated
    from .detectors import compare_detectors

    pairs = {
        name: (Evaluated.read(f"{first} (A)", runs_a), Evaluated.read(f"{second} (B)", runs_b))
        for name, ((first, runs_a), (second, runs_b)) in detectors.items()
    }
    return compare_detectors(pairs, settings)


def _tests(a: Evaluations, b: Evaluations, settings: Settings) -> dict[str, ExtraTestSet]:
    """Networks that both sides have on the same extra test sets; what cannot be compared gives a reason."""
    found = {}
    for test, of_a in a.tests.items():
        matched = _matched(of_a, b.tests.get(test, {}), single=False)
        files = {
            f"{name} ({letter})": [(answers_of(folder), seed) for folder, seed in runs]
            for name, sides in matched.items()
            for letter, (_, runs) in zip("AB", sides, strict=True)
        }
        pairs = {name: (f"{name} (A)", f"{name} (B)") for name in matched}
        if pairs:
            found[test] = extra_test_set(*gather(files, pairs, read_graded, f"on {test}"), settings)
    return found


def _listed(side: Evaluations) -> str:
    names: Sequence[str] = [*side.classifiers, *side.detectors]
    return ", ".join(names[:6]) + (" and others" if len(names) > 6 else "")
