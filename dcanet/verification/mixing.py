"""Results that are shown beside each other are of the same images, preparation and recipe."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any

from ..detection.forms import is_detector, split_name
from ..sheets import Detector
from .experiment import Experiment
from .files import Files
from .runs import Run, place_of

#: What all evaluations of one table share.
OF_TABLE = ("dataset", "split", "images", "data_fingerprint", "bad_images_skipped")
#: And those of one pair besides.
OF_PAIR = ("preprocessing", "class_order_hash", "recipe_hash", "of_classes", "selected")


def check_mixing(
    files: Files, found: Experiment, pairs: Mapping[str, tuple[str, str]], detectors: Iterable[Detector]
) -> None:
    """Tables, pairs, seeds and extra test sets."""
    val = found.metrics
    _check_group(files, "the val split", OF_TABLE, _labelled(files, "classification", "eval", val))
    for pair, names in pairs.items():
        both = {name: val[name] for name in names if name in val}
        _check_group(files, f"pair {pair}", OF_PAIR, _labelled(files, "classification", "eval", both))
    for model, runs in val.items():
        one = _labelled(files, "classification", "eval", {model: runs})
        _check_group(files, f"seeds of {model}", ("options",), one)
    for test, tested in found.tested.items():
        of_test = _labelled(files, "classification", f"test-{test}", tested)
        fields = ("images", "data_fingerprint", "labels_sha256", "dataset", "unlabelled_images")
        _check_group(files, f"test set {test}", fields, of_test)
    boxes = _labelled(files, "detection", "eval", found.detected)
    _check_group(files, "the detectors", (*OF_TABLE, "objects", "crowds"), boxes)
    for row in detectors:
        related = [name for name in (row.id, row.baseline) if name in found.detected]
        beside = {name: found.detected[name] for name in related if name}
        _check_group(
            files, f"detector {row.id}", ("recipe_hash",), _labelled(files, "detection", "eval", beside)
        )


def _labelled(files: Files, task: str, stage: str, results: Mapping[str, Any]) -> dict[str, object]:
    return {
        files.at(place_of(task, name, seed, stage)): metrics
        for name, runs in results.items()
        for seed, metrics in runs.items()
    }


def _check_group(files: Files, group: str, fields: Iterable[str], results: Mapping[str, object]) -> None:
    """What most of them say is expected of all; of two, what the first says."""
    for field in fields:
        values = {
            path: getattr(metrics, field) for path, metrics in results.items() if hasattr(metrics, field)
        }
        if field in ("recipe_hash", "selected"):
            trained = {path for path in values if getattr(results[path], "seed", None) is not None}
            values = {path: value for path, value in values.items() if path in trained}
        texts = [repr(value) for value in values.values()]
        if len(set(texts)) > 1:
            usual = max(texts, key=texts.count)
            for path, value in values.items():
                if repr(value) != usual:
                    files.findings.problem(path, f"{field}, in {group}", usual, value)


def check_distinct(files: Files, runs: Iterable[Run]) -> None:
    """No two trainings have the same weights, and a detector started from the classifier that is there."""
    listed = list(runs)
    same: dict[str, list[Run]] = defaultdict(list)
    for run in listed:
        if run.training and run.training.weights_sha256:
            same[run.training.weights_sha256].append(run)
    for digest, twice in same.items():
        for run in twice[1:]:
            name = files.at(f"{run.folder}/train/provenance.json")
            files.findings.problem(name, "weights_sha256", f"others than of {twice[0].folder}", digest)
    hashes = {run.folder: run.training.weights_sha256 for run in listed if run.training}
    for run in listed:
        started = run.weights.said.notes.get("backbone_sha256") if run.weights else None
        if run.task == "detection" and started:
            _check_backbone(files, run, str(started), hashes)


def _check_backbone(files: Files, run: Run, started: str, hashes: Mapping[str, str | None]) -> None:
    if not is_detector(run.model):
        return
    of_backbone = {
        folder: digest
        for folder, digest in hashes.items()
        if folder.startswith(f"classification/{split_name(run.model)[1]}/")
    }
    name = files.at(f"{run.folder}/train/model.safetensors")
    if not of_backbone:
        files.findings.note(f"{name}: the classifier that it started from is not among the results")
        return
    files.findings.same(
        name, f"backbone_sha256 among {', '.join(of_backbone)}", True, started in of_backbone.values()
    )
