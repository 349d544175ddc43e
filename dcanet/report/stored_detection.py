"""What an experiment's detectors have left on disk."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from ..detection_documents import ApBootstrap, DetectionMetrics, DetectionPictures
from ..documents import EpochRecord, Provenance
from ..sheets import Detector
from .reading import NOT_RUN, Reader, evaluated_others, title_of
from .table import Missing


@dataclass(frozen=True)
class DetectorRun:
    """One seed of one detector, or its weights that were not trained here; `name` is the folder's."""

    name: str
    metrics: DetectionMetrics | Missing
    bootstrap: ApBootstrap | Missing
    training: Provenance | Missing
    evaluation: Provenance | Missing
    history: Sequence[EpochRecord] = ()

    @property
    def title(self) -> str:
        return title_of(self.name)


@dataclass(frozen=True)
class StoredDetection:
    """Everything that was read, keyed by detector."""

    root: Path
    runs: dict[str, list[DetectorRun]]
    pictures: dict[str, DetectionPictures]
    warnings: tuple[str, ...]

    @property
    def provenances(self) -> list[Provenance]:
        stages = (
            stage for runs in self.runs.values() for run in runs for stage in (run.training, run.evaluation)
        )
        return [stage for stage in stages if isinstance(stage, Provenance)]

    def evaluated(self, detector: str) -> list[DetectionMetrics]:
        """The metrics of its runs that have them."""
        return [run.metrics for run in self.runs[detector] if isinstance(run.metrics, DetectionMetrics)]


def load_detection(
    root: Path, detectors: Sequence[Detector], logs: Path | None, pretrained: Collection[str] = ()
) -> StoredDetection:
    """Read the results of an experiment's detectors; `pretrained` as in `load`."""
    reader = Reader(Path(root), logs)
    runs = {row.id: list(_runs(reader, row.id, row.id in pretrained)) for row in detectors}
    pictures = {}
    for row in detectors:
        path = reader.root / "detection" / row.id / "pictures.json"
        drawn = reader.read(DetectionPictures, path, NOT_RUN, detector=row.id)
        if isinstance(drawn, DetectionPictures):
            pictures[row.id] = drawn
    stored = StoredDetection(reader.root, runs, pictures, ())
    warnings = [*reader.warnings, *_stale(runs), *_mixed(stored, detectors)]
    return StoredDetection(reader.root, runs, pictures, tuple(warnings))


def _runs(reader: Reader, detector: str, pretrained: bool) -> Iterable[DetectorRun]:
    for name, seed in reader.run_names("detection", detector, pretrained):
        folder = reader.root / "detection" / detector / name
        training, absent = reader.training(folder, detector, name)
        found = folder / "eval"
        yield DetectorRun(
            name,
            reader.read(DetectionMetrics, found / "metrics.json", absent, model=detector, seed=seed),
            reader.read(ApBootstrap, found / "bootstrap.json", absent),
            training,
            reader.read(Provenance, found / "provenance.json", absent),
            reader.history(folder / "train" / "history.jsonl"),
        )


def _stale(runs: dict[str, list[DetectorRun]]) -> Iterable[str]:
    for detector, of_it in runs.items():
        for run in of_it:
            if isinstance(run.metrics, Missing):
                continue
            if evaluated_others(run.training, run.metrics.weights_sha256):
                yield f"{detector}, {run.title}: the evaluated weights are not those that training left"


def _mixed(stored: StoredDetection, detectors: Sequence[Detector]) -> Iterable[str]:
    data = {
        (found.dataset, found.split, found.data_fingerprint)
        for row in detectors
        for found in stored.evaluated(row.id)
    }
    if len(data) > 1:
        listed = "; ".join(" / ".join(kind) for kind in sorted(data))
        yield f"the detectors were evaluated on {len(data)} different data sets: {listed}"
    for row in detectors:
        if row.baseline not in stored.runs:
            continue
        pair = [found for name in (row.baseline, row.id) for found in stored.evaluated(name)]
        recipes = {found.recipe_hash for found in pair if found.weights_source == "trained"}
        if len(recipes) > 1:
            yield f"{row.id}: it and its baseline were trained with different recipes"
