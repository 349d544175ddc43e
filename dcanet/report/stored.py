"""What an experiment has left on disk; a file that is absent or broken becomes a reason, never an error."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import mean

from ..comparison_documents import (
    AccuracyStatistics,
    ExtraTestSet,
    FlippedPictures,
    ModelStatistics,
    NotCompared,
    PairComparison,
    TableStatistics,
    Top1Comparison,
)
from ..detection.forms import is_detector
from ..documents import EpochRecord, Metrics, Provenance, RealMetrics, Result
from ..profile_documents import Audit, Costs, ModelCosts, Throughput, Uncounted
from ..sheets import Pair
from .reading import NOT_RUN, PRETRAINED, UNCOUNTABLE, Reader, evaluated_others, title_of
from .table import Missing

__all__ = ["NOT_RUN", "PRETRAINED", "REAL", "Run", "Stored", "Tested", "evaluated", "load"]

#: The test set that is not images but other labels of the val images.
REAL = "real"


@dataclass(frozen=True)
class Tested:
    """A run on an extra test set."""

    metrics: Result | Missing
    evaluation: Provenance | Missing


@dataclass(frozen=True)
class Run:
    """One seed of one model, or its weights that were not trained here; `name` is the folder's."""

    name: str
    metrics: Metrics | Missing
    training: Provenance | Missing
    evaluation: Provenance | Missing
    history: Sequence[EpochRecord] = ()
    tests: Mapping[str, Tested] = field(default_factory=dict)

    @property
    def title(self) -> str:
        return title_of(self.name)


@dataclass(frozen=True)
class Stored:
    """Everything that was read, keyed by model, pair and device."""

    root: Path
    runs: dict[str, list[Run]]
    costs: Costs | Missing
    audit: Audit | Missing
    speeds: dict[str, dict[str, Throughput | Missing]]
    warnings: tuple[str, ...]
    test_sets: tuple[str, ...] = ()
    """Names of the extra test sets that any run has a result of."""
    detector_speeds: Mapping[str, Sequence[Throughput]] = field(default_factory=dict)
    """Timings of detectors by device, as far as there are some."""
    statistics: TableStatistics | Missing = NOT_RUN
    pictures: Mapping[str, str] = field(default_factory=dict)
    """Of images on which networks differ, by their ids, as data URIs."""

    def statistics_of(self, model: str) -> ModelStatistics | None:
        """A network's numbers with their intervals, where they are known."""
        if isinstance(self.statistics, Missing):
            return None
        found = self.statistics.models.get(model)
        return found if isinstance(found, ModelStatistics) else None

    def comparison_of(self, pair: str) -> PairComparison | NotCompared:
        """A pair's comparison, or why there is none."""
        if isinstance(self.statistics, Missing):
            return NotCompared(reason=str(self.statistics))
        return self.statistics.pairs.get(pair) or NotCompared(reason="not compared yet")

    def accuracy_on(self, test: str, model: str) -> AccuracyStatistics | None:
        """A network's top-1 on an extra test set with its interval, where it is known."""
        found = self._test_set(test)
        of_model = found.models.get(model) if found else None
        return of_model if isinstance(of_model, AccuracyStatistics) else None

    def comparison_on(self, test: str, pair: str) -> Top1Comparison | NotCompared:
        """A pair's comparison on an extra test set, or why there is none."""
        found = self._test_set(test)
        return (found.pairs.get(pair) if found else None) or NotCompared(reason="not in statistics.json")

    def _test_set(self, test: str) -> ExtraTestSet | None:
        return None if isinstance(self.statistics, Missing) else self.statistics.tests.get(test)

    def cost_of(self, network: str) -> ModelCosts | Missing:
        """What was counted of a network, or why nothing was."""
        if isinstance(self.costs, Missing):
            return self.costs
        found = self.costs.models.get(network)
        if isinstance(found, Uncounted):
            return Missing(UNCOUNTABLE, found.reason)
        return found or Missing("not counted yet")

    @property
    def provenances(self) -> list[Provenance]:
        runs = (run for runs in self.runs.values() for run in runs)
        stages = (
            stage
            for run in runs
            for stage in (run.training, run.evaluation, *(test.evaluation for test in run.tests.values()))
        )
        return [stage for stage in stages if isinstance(stage, Provenance)]


class _Reader(Reader):
    def __init__(self, root: Path, logs: Path | None, models: Collection[str]) -> None:
        super().__init__(root, logs)
        self.test_sets = sorted(
            {
                path.parent.name.removeprefix("test-")
                for model in models
                for path in (root / "classification" / model).glob("*/test-*/metrics.json")
            }
        )

    def runs(self, model: str, pretrained: bool) -> list[Run]:
        names = self.run_names("classification", model, pretrained)
        return [self.run(model, name, seed) for name, seed in names]

    def run(self, model: str, name: str, seed: int | None) -> Run:
        folder = self.root / "classification" / model / name
        training, absent = self.training(folder, model, name)
        return Run(
            name,
            self.read(Metrics, folder / "eval" / "metrics.json", absent, model=model, seed=seed),
            training,
            self.read(Provenance, folder / "eval" / "provenance.json", absent),
            self.history(folder / "train" / "history.jsonl"),
            {test: self.tested(folder / f"test-{test}", test, model, seed) for test in self.test_sets},
        )

    def tested(self, folder: Path, test: str, model: str, seed: int | None) -> Tested:
        absent = self.absent(f"evaluate/{model}-{folder.parent.name}-{test}.log")
        kind = RealMetrics if test == REAL else Metrics
        return Tested(
            self.read(kind, folder / "metrics.json", absent, model=model, seed=seed),
            self.read(Provenance, folder / "provenance.json", absent),
        )

    def devices(self) -> list[str]:
        """Those that something was timed on; without any, one without a name."""
        places = [place for place in (self.root, self.logs) if place]
        folders = [folder for place in places for folder in (place / "profile").glob("*/")]
        return sorted({folder.name for folder in folders if folder.is_dir()}) or [""]

    def speed(self, device: str, pair: str) -> Throughput | Missing:
        return self.read(
            Throughput,
            self.root / "profile" / device / f"{pair}.json",
            self.absent(f"profile/{device}/{pair}.log"),
            pair=pair,
        )

    def detector_speeds(self, device: str) -> list[Throughput]:
        names = sorted(path.stem for path in (self.root / "profile" / device).glob("*.json"))
        found = (self.speed(device, name) for name in names if is_detector(name))
        return [timing for timing in found if isinstance(timing, Throughput)]


def load(root: Path, pairs: Sequence[Pair], logs: Path | None, pretrained: Collection[str] = ()) -> Stored:
    """Read the results of an experiment; without any timing, the only device is the nameless one.

    `pretrained` names the models of which the weights that were not trained here are wanted.
    """
    models = [model.id for pair in pairs for model in pair.models]
    reader = _Reader(Path(root), logs, models)
    runs = {model: reader.runs(model, model in pretrained) for model in models}
    costs = reader.read(Costs, reader.root / "profile" / "costs.json", reader.absent("profile/costs.log"))
    audit = reader.read(Audit, reader.root / "profile" / "audit.json", reader.absent("profile/audit.log"))
    statistics = reader.read(
        TableStatistics, reader.root / "statistics.json", reader.absent("statistics.log")
    )
    if others := _of_others(statistics, runs):
        reader.warnings.append(others)
        statistics = Missing("out of date", others)
    flips = reader.read(FlippedPictures, reader.root / "flips.json", reader.absent("thumbnails.log"))
    devices = reader.devices()
    speeds = {device: {pair.id: reader.speed(device, pair.id) for pair in pairs} for device in devices}
    of_detectors = {device: reader.detector_speeds(device) for device in devices}
    warnings = [
        *reader.warnings,
        *_incomplete(runs),
        *_stale(runs),
        *_mixed(runs, pairs),
        *_disturbed(speeds, of_detectors),
    ]
    return Stored(
        reader.root,
        runs,
        costs,
        audit,
        speeds,
        tuple(warnings),
        tuple(reader.test_sets),
        of_detectors,
        statistics,
        {} if isinstance(flips, Missing) else flips.pictures,
    )


def evaluated(runs: Iterable[Run]) -> list[Metrics]:
    """The metrics of the runs that have them."""
    return [run.metrics for run in runs if isinstance(run.metrics, Metrics)]


def _incomplete(runs: dict[str, list[Run]]) -> Iterable[str]:
    for model, seeds in runs.items():
        for run in seeds:
            if isinstance(run.metrics, Missing) and evaluated(seeds):
                yield f"{model}: its mean leaves out {run.title} ({run.metrics})"


def _stale(runs: dict[str, list[Run]]) -> Iterable[str]:
    for model, seeds in runs.items():
        for run in seeds:
            if isinstance(run.metrics, Missing) or isinstance(run.training, Missing):
                continue
            if evaluated_others(run.training, run.metrics.weights_sha256):
                yield f"{model}, {run.title}: the evaluated weights are not those that training left"
            for test, tested in run.tests.items():
                of_test = tested.metrics
                if not isinstance(of_test, Missing) and of_test.weights_sha256 != run.metrics.weights_sha256:
                    yield f"{model}, {run.title}: the result on {test} is of other weights"


def _of_others(statistics: TableStatistics | Missing, runs: dict[str, list[Run]]) -> str:
    """What to do where the statistics are not of the accuracies that are shown; empty where they are."""
    if isinstance(statistics, Missing):
        return ""
    tested = {"": statistics.models} | {test: found.models for test, found in statistics.tests.items()}
    for test, models in tested.items():
        for model, found in models.items():
            shown = _results(runs.get(model, ()), test)
            if not shown or isinstance(found, NotCompared):
                continue
            accuracy = mean(metrics.top1_percent for metrics in shown)
            if abs(accuracy - found.top1.value) > 1e-4 or found.images != shown[0].images:
                what = f"{model} on {test}" if test else model
                return (
                    f"statistics.json is of other results of {what} than those shown; "
                    "run `dcanet statistics` again"
                )
    return ""


def _results(runs: Iterable[Run], test: str) -> list[Result]:
    """On an extra test set, or on the val split where it has no name."""
    found = (run.tests[test].metrics if test in run.tests else Missing("") for run in runs)
    return [result for result in (found if test else evaluated(runs)) if isinstance(result, Result)]


def _disturbed(
    speeds: Mapping[str, Mapping[str, Throughput | Missing]], of_detectors: Mapping[str, Sequence[Throughput]]
) -> Iterable[str]:
    for device, of_pairs in speeds.items():
        timings = [
            *(timing for timing in of_pairs.values() if isinstance(timing, Throughput)),
            *of_detectors[device],
        ]
        beside = [timing.pair for timing in timings if any(found.loaded for found in timing.measurements)]
        if beside:
            yield (
                f"something else ran on the machine while {len(beside)} of {len(timings)} rows were timed on "
                f"{device} ({', '.join(beside)}): their speeds are too low, and their overheads less sure"
            )


def _mixed(runs: dict[str, list[Run]], pairs: Sequence[Pair]) -> Iterable[str]:
    data = {
        (found.dataset, found.split, found.preprocessing, found.data_fingerprint)
        for seeds in runs.values()
        for found in evaluated(seeds)
    }
    if len(data) > 1:
        listed = "; ".join(" / ".join(kind) for kind in sorted(data))
        yield f"the accuracies come from {len(data)} different data sets or preprocessings: {listed}"
    for pair in pairs:
        found_of_pair = [found for model in pair.models for found in evaluated(runs[model.id])]
        trained = [found for found in found_of_pair if found.weights_source == "trained"]
        if 0 < len(trained) < len(found_of_pair):
            yield f"{pair.id}: one network of the pair was trained here, the other was not"
        recipes = {found.recipe_hash for found in trained}
        if len(recipes) > 1:
            yield f"{pair.id}: its runs were trained with different recipes ({', '.join(sorted(recipes))})"
