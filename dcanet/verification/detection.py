"""Evaluations of detectors: that they are of their weights, and what follows from boxes and resamples."""

import json
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pyarrow as pa

from ..detection_documents import ApBootstrap, CategoryAp, DetectionMetrics, Interval
from ..files import hash_of
from .coco import Found, coco_numbers
from .files import Files
from .intervals import quantiles
from .runs import Run, check_result

NUMBERS = ("x", "y", "w", "h", "score")
DETECTIONS = {"image_id": pa.int64(), "category_id": pa.int32(), **dict.fromkeys(NUMBERS, pa.float64())}
LEVEL = 0.05


def check_detections(
    run: Run, annotations: Path | None
) -> tuple[DetectionMetrics | None, ApBootstrap | None]:
    """metrics.json, detections.parquet, bootstrap.json and provenance.json of a run.

    Args:
        annotations: of the evaluated split, where they are at hand: then AP and AR are found anew.
    """
    files, folder = run.files, f"{run.folder}/eval"
    metrics = files.document(f"{folder}/metrics.json", DetectionMetrics)
    bootstrap = files.document(f"{folder}/bootstrap.json", ApBootstrap)
    if metrics is None:
        return None, bootstrap
    name = files.at(f"{folder}/metrics.json")
    check_result(run, metrics, f"{folder}/metrics.json", f"{folder}/provenance.json")
    if (
        files.is_recorded(f"{folder}/bootstrap.json", metrics.files.get("bootstrap.json"), name, "files")
        and bootstrap
    ):
        _check_bootstrap(files, name, metrics, bootstrap)
    path = f"{folder}/detections.parquet"
    if files.is_recorded(path, metrics.files.get("detections.parquet"), name, "files"):
        found = _read(files, path)
        if found is not None:
            _check_boxes(files, name, metrics, bootstrap, found)
            if annotations is not None:
                _check_precision(files, name, metrics, found, annotations)
    return metrics, bootstrap


def _check_bootstrap(files: Files, name: str, metrics: DetectionMetrics, bootstrap: ApBootstrap) -> None:
    """The numbers on all images are the metrics', the intervals follow from the resamples."""
    findings = files.findings
    findings.close(name, "images, by bootstrap.json", bootstrap.images, metrics.images)
    for field, value in bootstrap.values.items():
        findings.close(name, f"numbers.{field}", value, getattr(metrics.numbers, field, None))
        resampled = bootstrap.resampled.get(field, [])
        findings.close(name, f"resamples of {field}", bootstrap.resamples, len(resampled))
        defined = np.array([number for number in resampled if number is not None])
        interval = metrics.intervals.get(field)
        told = value is not None and len(defined) > 1
        findings.same(name, f"intervals.{field}", told, interval is not None)
        if interval is not None and value is not None and told:
            _check_interval(files, name, f"intervals.{field}", value, defined, interval)
    findings.same(name, "intervals", True, set(metrics.intervals) <= set(bootstrap.values))


def _check_interval(
    files: Files, name: str, field: str, value: float, resampled: np.ndarray, interval: Interval
) -> None:
    low, high = quantiles(resampled, LEVEL)
    mean = float(resampled.mean())
    expected = {
        "value": value,
        "low": max(0.0, value - (high - mean)),
        "high": min(100.0, value - (low - mean)),
        "standard_error": float(resampled.std(ddof=1)),
        "bias": mean - value,
        "resamples": len(resampled),
    }
    for part, number in expected.items():
        files.findings.close(name, f"{field}.{part}", number, getattr(interval, part))


def _read(files: Files, path: str) -> Found | None:
    table = files.table(path, DETECTIONS)
    if table is None:
        return None
    try:
        images = json.loads((table.schema.metadata or {})[b"images"])
        if not all(isinstance(image, int) for image in images):
            raise ValueError("ids that are no whole numbers")
    except (KeyError, ValueError, TypeError, RecursionError) as error:
        files.findings.problem(files.at(path), "images", "the evaluated images' ids", error)
        return None
    columns = {name: table[name].to_numpy() for name in DETECTIONS}
    found = Found(
        np.array(images, dtype=np.int64),
        columns["image_id"],
        columns["category_id"],
        np.stack([columns[name] for name in NUMBERS[:4]], axis=1),
        columns["score"],
    )
    numbers = np.column_stack([found.boxes, found.scores])
    strange = {
        "images that are there more than once": len(images) - len(set(images)),
        "boxes in other images": np.count_nonzero(~np.isin(found.image_ids, found.images)),
        "boxes with a number that is not finite": np.count_nonzero(~np.isfinite(numbers).all(axis=1)),
        "boxes with a side below 0": np.count_nonzero((found.boxes[:, 2:] < 0).any(axis=1)),
        "scores beyond 0 to 1": np.count_nonzero((found.scores < 0) | (found.scores > 1)),
    }
    good = [files.findings.same(files.at(path), field, 0, count) for field, count in strange.items()]
    return found if all(good) else None


def _check_boxes(
    files: Files, name: str, metrics: DetectionMetrics, bootstrap: ApBootstrap | None, found: Found
) -> None:
    findings = files.findings
    findings.close(name, "images", len(found.images), metrics.images)
    findings.close(name, "detections", len(found.scores), metrics.detections)
    counts = [category.objects for category in metrics.per_category.values()]
    findings.close(name, "objects", sum(counts), metrics.objects)
    if bootstrap is not None:
        expected = hash_of(sorted(found.images.tolist()))
        findings.same(name, "images_hash, by bootstrap.json", expected, bootstrap.images_hash)
    aps = [category.ap for category in metrics.per_category.values() if category.ap is not None]
    findings.close(
        name, "numbers.ap, of per_category", float(np.mean(aps)) if aps else None, metrics.numbers.ap
    )


def _check_precision(
    files: Files, name: str, metrics: DetectionMetrics, found: Found, annotations: Path
) -> None:
    """All twelve numbers and each category's AP by COCO's own code."""
    findings = files.findings
    try:
        truth = coco_numbers(annotations, found)
    except (OSError, ValueError, KeyError, TypeError, IndexError, RecursionError) as error:
        findings.problem(annotations, "", "the annotations of the evaluated images", error)
        return
    findings.close(name, "objects", truth.objects, metrics.objects)
    findings.close(name, "crowds", truth.crowds, metrics.crowds)
    for field, value in truth.numbers.items():
        findings.close(name, f"numbers.{field}", value, getattr(metrics.numbers, field))
    findings.same(name, "per_category, names", sorted(truth.per_category), sorted(metrics.per_category))
    _check_categories(files, name, truth.per_category, metrics.per_category)


def _check_categories(
    files: Files,
    name: str,
    expected: Mapping[str, tuple[int, float | None]],
    found: Mapping[str, CategoryAp],
) -> None:
    for label, (objects, ap) in expected.items():
        if label in found:
            files.findings.close(name, f"per_category.{label}.objects", objects, found[label].objects)
            files.findings.close(name, f"per_category.{label}.ap", ap, found[label].ap)
