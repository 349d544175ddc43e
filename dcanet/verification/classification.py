"""Evaluations of classifiers: that they are of their weights, and every number from the answers."""

import hashlib
from collections.abc import Iterable, Mapping

import numpy as np

from ..documents import ClassAccuracy, Dataset, Metrics, RealMetrics
from .answers import Answers, Graded, read_answers, read_correct
from .files import Files
from .runs import Run, check_result

NUMBERS = ("top1_percent", "top5_percent", "nll", "ece_percent")


def check_evaluation(run: Run, stage: str = "eval") -> tuple[Metrics | None, Answers | None]:
    """metrics.json, predictions.parquet and provenance.json of the val split, or of a set of other images."""
    files, folder = run.files, f"{run.folder}/{stage}"
    metrics = files.document(f"{folder}/metrics.json", Metrics)
    if metrics is None:
        return None, read_answers(files, f"{folder}/predictions.parquet")
    name, path = files.at(f"{folder}/metrics.json"), f"{folder}/predictions.parquet"
    check_result(run, metrics, f"{folder}/metrics.json", f"{folder}/provenance.json")
    if not files.is_recorded(path, metrics.files.get("predictions.parquet"), name, "files"):
        return metrics, None
    answers = read_answers(files, path)
    if answers is not None:
        _check_numbers(files, name, metrics, answers)
    return metrics, answers


def _check_numbers(files: Files, name: str, metrics: Metrics, answers: Answers) -> None:
    findings = files.findings
    findings.close(name, "images", len(answers.images), metrics.images)
    for field in NUMBERS:
        findings.close(name, field, getattr(answers, field), getattr(metrics, field))
    within = (answers.targets >= 0) & (answers.targets < metrics.of_classes)
    findings.same(name, "targets beyond of_classes", 0, int(np.count_nonzero(~within)))
    by_class: dict[str, list[bool]] = {}
    for image, right in zip(answers.images, answers.right.tolist(), strict=True):
        by_class.setdefault(image.partition("/")[0], []).append(right)
    findings.same(name, "per_class, names", sorted(by_class), sorted(metrics.per_class))
    for label, found in metrics.per_class.items():
        if rights := by_class.get(label):
            _check_class(files, f"per_class.{label}", name, rights, found)
    # A class may be without images, and then its name is not known here.
    if order_hash(by_class) == metrics.class_order_hash or metrics.classes <= len(by_class):
        findings.same(name, "class_order_hash", order_hash(by_class), metrics.class_order_hash)
        findings.close(name, "classes", len(by_class), metrics.classes)


def _check_class(files: Files, field: str, name: str, rights: list[bool], found: ClassAccuracy) -> None:
    files.findings.close(name, f"{field}.images", len(rights), found.images)
    files.findings.close(name, f"{field}.top1_percent", 100 * sum(rights) / len(rights), found.top1_percent)


def check_relabelled(run: Run, stage: str) -> tuple[RealMetrics | None, Graded | None]:
    """metrics.json and correct.parquet of other labels for the val images."""
    files, folder = run.files, f"{run.folder}/{stage}"
    metrics = files.document(f"{folder}/metrics.json", RealMetrics)
    if metrics is None:
        return None, None
    name, findings = files.at(f"{folder}/metrics.json"), files.findings
    check_result(run, metrics, f"{folder}/metrics.json", f"{folder}/provenance.json")
    scored = files.sha256(f"{run.folder}/eval/predictions.parquet")
    findings.same(name, "predictions_sha256", scored, metrics.predictions_sha256)
    path = f"{folder}/correct.parquet"
    if not files.is_recorded(path, metrics.files.get("correct.parquet"), name, "files"):
        return metrics, None
    found = read_correct(files, path)
    if found is not None:
        findings.close(name, "images", len(found.images), metrics.images)
        findings.close(
            name, "top1_percent", 100 * int(found.right.sum()) / len(found.images), metrics.top1_percent
        )
    return metrics, found


def order_hash(classes: Iterable[str]) -> str:
    """Of the classes in the order of their targets."""
    return hashlib.sha256("\n".join(sorted(classes)).encode()).hexdigest()[:16]


def check_dataset(files: Files, name: str, dataset: Dataset, results: Mapping[str, Metrics]) -> None:
    """A data set's dataset.json adds up, and evaluations of its val split are of it."""
    findings = files.findings
    for split, facts in dataset.splits.items():
        findings.close(name, f"splits.{split}.images", sum(facts.per_class.values()), facts.images)
    order = order_hash(dataset.classes)
    findings.same(name, "class_order_hash", order, dataset.class_order_hash)
    val = dataset.splits.get("val")
    for path, metrics in results.items():
        if val is None:
            continue
        findings.same(path, f"class_order_hash, by {name}", order, metrics.class_order_hash)
        whole = len(val.bad_images) == metrics.bad_images_skipped
        findings.same(path, f"bad_images_skipped, by {name}", True, whole)
        findings.close(path, f"images, by {name}", val.images - len(val.bad_images), metrics.images)
        if not val.bad_images:
            findings.same(path, f"data_fingerprint, by {name}", val.fingerprint, metrics.data_fingerprint)
            counts = {label: found.images for label, found in metrics.per_class.items()}
            findings.same(
                path, f"per_class, images by {name}", {k: v for k, v in val.per_class.items() if v}, counts
            )
