"""How each number was made and how to make it again."""

import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ..documents import Provenance
from ..sheets import Detector, Pair
from .stored import PRETRAINED, Run, Stored
from .stored_detection import DetectorRun, StoredDetection
from .table import Missing


@dataclass(frozen=True)
class Steps:
    """What one seed of one model was made with, as (name, text)."""

    title: str
    facts: list[tuple[str, str]]


@dataclass(frozen=True)
class Recipe:
    """How a row comes to be: the workflow's targets and the commands that ran."""

    key: str
    """Of the pair or detector."""
    row: str
    workflow: str
    steps: list[Steps]


def recipes(pairs: Sequence[Pair], stored: Stored) -> list[Recipe]:
    """One recipe for each pair, in the table's order."""
    return [
        Recipe(
            pair.id,
            pair.row,
            shlex.join(["snakemake", "--cores", "all", *_targets(pair, stored)]),
            [
                _steps(model.id, run, {test: tested.evaluation for test, tested in run.tests.items()})
                for model in pair.models
                for run in stored.runs[model.id]
            ],
        )
        for pair in pairs
    ]


def detector_recipes(detectors: Sequence[Detector], stored: StoredDetection) -> list[Recipe]:
    """One recipe for each detector that was run, in the table's order."""
    return [
        Recipe(
            row.id,
            f"{row.detector}, {row.row}",
            shlex.join(
                ["snakemake", "--cores", "all"]
                + [str(stored.root / "detection" / row.id / run.name / "eval/metrics.json") for run in runs]
            ),
            [_steps(row.id, run, {}) for run in runs],
        )
        for row in detectors
        if (runs := stored.runs[row.id])
    ]


def _targets(pair: Pair, stored: Stored) -> list[str]:
    names = {run.name for runs in stored.runs.values() for run in runs} - {PRETRAINED}
    seeds = sorted(names, key=lambda name: (len(name), name)) or ["seed0"]
    accuracies = [
        stored.root / "classification" / model.id / name / stage / "metrics.json"
        for model in pair.models
        for name in ([PRETRAINED] if _is_pretrained(stored.runs[model.id]) else seeds)
        for stage in ("eval", *(f"test-{test}" for test in stored.test_sets))
    ]
    profile = stored.root / "profile"
    timings = [profile / (device or "cpu") / f"{pair.id}.json" for device in stored.speeds]
    return list(map(str, [*accuracies, profile / "costs.json", *timings]))


def _is_pretrained(runs: Sequence[Run]) -> bool:
    return any(run.name == PRETRAINED for run in runs)


def _steps(model: str, run: Run | DetectorRun, tests: Mapping[str, Provenance | Missing]) -> Steps:
    facts = [
        ("conversion command" if run.name == PRETRAINED else "training command", _command(run.training)),
        ("evaluation command", _command(run.evaluation)),
    ]
    facts += [(f"{test} command", _command(evaluation)) for test, evaluation in tests.items()]
    if isinstance(run.training, Provenance):
        made_from = {
            "seed": run.training.seed,
            "weights from": run.training.weights_source,
            "their SHA-256": run.training.source_sha256,
        }
        facts += [(name, str(value)) for name, value in made_from.items() if value is not None]
    if isinstance(run.metrics, Missing):
        facts.append(("result", str(run.metrics)))
    else:
        facts += [
            *([("recipe hash", run.metrics.recipe_hash)] if run.metrics.recipe_hash else []),
            ("data fingerprint", run.metrics.data_fingerprint),
            ("weights SHA-256", run.metrics.weights_sha256),
        ]
    return Steps(f"{model}, {run.title}", facts)


def _command(stage: Provenance | Missing) -> str:
    return shlex.join(stage.command) if isinstance(stage, Provenance) else str(stage)
