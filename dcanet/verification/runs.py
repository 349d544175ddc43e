"""The runs of an experiment: which there are, and that training and weights belong together."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from ..detection_documents import DetectionMetrics
from ..documents import Provenance, Result, read_history
from ..errors import UserError
from .files import Files
from .findings import Findings
from .weights import Weights, read_weights

PRETRAINED = "pretrained"


@dataclass(frozen=True)
class Run:
    """A seed's training of a network, or its weights that were not trained here (seed None)."""

    files: Files = field(repr=False)
    task: str
    model: str
    name: str
    seed: int | None

    @property
    def folder(self) -> str:
        return f"{self.task}/{self.model}/{self.name}"

    @cached_property
    def weights(self) -> Weights | None:
        """None where they are not there, or broken."""
        path = f"{self.folder}/train/model.safetensors"
        return read_weights(self.files, path) if self.files.there(path) else None

    @cached_property
    def training(self) -> Provenance | None:
        return self.files.document(f"{self.folder}/train/provenance.json", Provenance)


def place_of(task: str, model: str, seed: int | None, stage: str = "eval") -> str:
    """Where the metrics of a run are."""
    return f"{task}/{model}/{PRETRAINED if seed is None else f'seed{seed}'}/{stage}/metrics.json"


def runs_below(files: Files, task: str) -> Iterator[Run]:
    """In the order of their names and seeds."""
    for path in sorted((files.root / task).glob("*/*/")):
        if path.name == PRETRAINED:
            yield Run(files, task, path.parent.name, path.name, None)
        elif re.fullmatch(r"seed(0|[1-9][0-9]{0,17})", path.name):
            yield Run(files, task, path.parent.name, path.name, int(path.name[4:]))
        elif path.is_dir():
            files.findings.note(f"{files.at(str(path.relative_to(files.root)))}: is no run, not looked at")


def check_training(run: Run, without_weights: bool) -> None:
    """Weights, history and provenance of a run say the same.

    Args:
        without_weights: weights may be absent, as in a pack without them.
    """
    files, folder = run.files, f"{run.folder}/train"
    found, said = run.training, files.at(f"{folder}/provenance.json")
    weights = f"{folder}/model.safetensors"
    if found is None:
        return
    if files.there(weights) or not without_weights:
        files.is_recorded(weights, found.weights_sha256, said, "weights_sha256")
    if run.seed is not None:
        files.findings.same(said, "seed", run.seed, found.seed)
    _check_history(run, found, said)
    if run.weights is not None:
        _check_metadata(run, run.weights, found, files.at(weights))


def _check_history(run: Run, found: Provenance, said: str) -> None:
    files, path = run.files, f"{run.folder}/train/history.jsonl"
    files.is_recorded(path, found.files.get("history.jsonl"), said, "files")
    if not files.there(path):
        return
    try:
        epochs = read_history(files.root / path)
    except UserError as error:
        files.findings.problem(files.at(path), "", "a line of JSON for each epoch", error.line())
        return
    counted = [epoch.epoch for epoch in epochs]
    files.findings.same(files.at(path), "epochs", list(range(1, len(counted) + 1)), counted)
    notes = run.weights.said.notes if run.weights else {}
    for name, epoch in (("last_epoch", notes.get("last_epoch")), ("best_epoch", notes.get("best_epoch"))):
        if isinstance(epoch, Mapping):
            _check_epoch(files, path, name, epoch, {each.epoch: each for each in epochs})


def _check_epoch(
    files: Files, path: str, name: str, epoch: Mapping[str, Any], epochs: Mapping[Any, Any]
) -> None:
    number = epoch.get("epoch")
    if number not in epochs:
        files.findings.problem(files.at(path), name, f"epoch {number}", "none")
        return
    for key, value in epoch.items():
        if key != "epoch":
            files.findings.close(
                files.at(path), f"epoch {number}, {key}", value, getattr(epochs[number], f"valid_{key}", None)
            )


def _check_metadata(run: Run, weights: Weights, found: Provenance, name: str) -> None:
    findings, said = run.files.findings, weights.said
    findings.same(name, "metadata model", run.model, said.model)
    trained = run.seed is not None
    findings.same(name, "metadata source", trained, said.source == "trained")
    if not trained:
        return
    for key, expected in (
        ("seed", run.seed),
        ("recipe_hash", found.recipe_hash),
        ("data_fingerprint", found.data_fingerprint),
    ):
        findings.same(name, f"metadata notes {key}", expected, said.notes.get(key))


def _check_notes(name: str, findings: Findings, weights: Weights, metrics: Result | DetectionMetrics) -> None:
    """What an evaluation tells of the training is what training left in the weights."""
    told, notes = metrics.model_dump(mode="json"), weights.said.notes
    expected = {"recipe_hash": notes.get("recipe_hash", ""), "of_classes": weights.said.num_classes}
    expected |= {key: notes.get(key) for key in ("selected", "last_epoch", "best_epoch")}
    for key, value in expected.items():
        if key in told:
            findings.same(name, f"{key}, of the weights'", value, told[key])


def check_result(run: Run, metrics: Result | DetectionMetrics, path: str, provenance: str) -> None:
    """An evaluation is of the run in whose folder it is, and of the weights that are there now."""
    files, findings = run.files, run.files.findings
    name = files.at(path)
    findings.same(name, "model", run.model, metrics.model)
    findings.same(name, "seed", run.seed, metrics.seed)
    findings.same(name, "weights_source", run.seed is not None, metrics.weights_source == "trained")
    if run.training is not None:
        findings.same(
            name, "weights_sha256, of the training's", run.training.weights_sha256, metrics.weights_sha256
        )
    if run.weights is not None:
        if (options := getattr(metrics, "options", None)) is not None:
            findings.same(name, "options, of the weights'", run.weights.said.options, options)
        findings.same(
            name, "weights_source, of the weights'", run.weights.said.source, metrics.weights_source
        )
        _check_notes(name, findings, run.weights, metrics)
    made = files.document(provenance, Provenance)
    if made is not None:
        for key in ("seed", "weights_sha256", "data_fingerprint"):
            findings.same(files.at(provenance), key, getattr(metrics, key), getattr(made, key))
        recipe = getattr(metrics, "recipe_hash", made.recipe_hash)
        findings.same(files.at(provenance), "recipe_hash", recipe, made.recipe_hash)
