"""Finding what was evaluated below a folder."""

import glob
import re
from collections.abc import Collection
from dataclasses import dataclass, field
from pathlib import Path

from ..detection_documents import DetectionMetrics
from ..documents import Metrics
from ..errors import UserError

PRETRAINED = "pretrained"
Runs = list[tuple[Path, int | None]]
"""Folders of one network's evaluations, each with its training's seed."""


@dataclass(frozen=True)
class Evaluations:
    """What was evaluated, by the name of the network."""

    root: Path
    single: bool
    """Whether the folder was that of one evaluation."""
    classifiers: dict[str, Runs] = field(default_factory=dict)
    detectors: dict[str, Runs] = field(default_factory=dict)
    tests: dict[str, dict[str, Runs]] = field(default_factory=dict)
    """Classifiers on the extra test sets, by the set's name."""

    @property
    def folders(self) -> list[Path]:
        both = (*self.classifiers.values(), *self.detectors.values())
        return [folder for runs in both for folder, _ in runs]


def find_evaluations(root: Path, pretrained: Collection[str] = ()) -> Evaluations:
    """Of one evaluation's folder, of a run's, or of a whole experiment's.

    A network that was trained here is found by its seeds; one that was not, and one of `pretrained`, by its
    weights.

    Raises:
        UserError: there is nothing, or what there is has no readable metrics.json.
    """
    for folder in (root, root / "eval"):
        if (folder / "predictions.parquet").is_file():
            metrics = Metrics.load(folder / "metrics.json")
            return Evaluations(root, True, classifiers={metrics.model: [(folder, metrics.seed)]})
        if (folder / "bootstrap.json").is_file():
            found = DetectionMetrics.load(folder / "metrics.json")
            return Evaluations(root, True, detectors={found.model: [(folder, found.seed)]})
    evaluations = Evaluations(
        root,
        False,
        classifiers=_below(root / "classification", "eval/predictions.parquet", pretrained),
        detectors=_below(root / "detection", "eval/bootstrap.json", pretrained),
        tests=_tests_below(root / "classification", pretrained),
    )
    if not evaluations.folders:
        raise UserError(
            f"{root}: no results; expected predictions.parquet or bootstrap.json of `dcanet evaluate`, or an "
            "experiment's folder with classification/<model>/seed0/eval/predictions.parquet and so on"
        )
    return evaluations


def _tests_below(root: Path, pretrained: Collection[str]) -> dict[str, dict[str, Runs]]:
    stages = sorted({path.parent.name for path in root.glob("*/*/test-*/metrics.json")})
    return {
        stage.removeprefix("test-"): _below(root, f"{stage}/metrics.json", pretrained) for stage in stages
    }


def _below(root: Path, file: str, pretrained: Collection[str]) -> dict[str, Runs]:
    runs: dict[str, dict[int | None, Path]] = {}
    for path in sorted(root.glob(f"*/*/{glob.escape(file)}")):
        run = path.parents[1].name
        if run == PRETRAINED:
            runs.setdefault(path.parents[2].name, {})[None] = path.parent
        elif re.fullmatch(r"seed(0|[1-9][0-9]{0,17})", run):
            runs.setdefault(path.parents[2].name, {})[int(run[4:])] = path.parent
    return {name: _preferred(found, name in pretrained) for name, found in runs.items()}


def _preferred(found: dict[int | None, Path], pretrained: bool) -> Runs:
    if pretrained and None in found:
        return [(found[None], None)]
    trained = sorted((seed, folder) for seed, folder in found.items() if seed is not None)
    return [(folder, seed) for seed, folder in trained] or [(found[None], None)]
