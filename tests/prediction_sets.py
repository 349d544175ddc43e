"""Made-up predictions for tests of statistics: every number is a fixture and none was measured."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from scipy.special import ndtri

from dcanet.documents import Metrics, RealMetrics
from dcanet.evaluation.predictions import Predictions
from dcanet.evaluation.relabelled import Relabelled
from dcanet.statistics.scores import Scores


def predictions_of(
    right: Any, images: list[str] | None = None, classes: int = 3, seed: int = 0
) -> Predictions:
    """Of images in turn of every class, right where `right` says so; confidences are random."""
    random = np.random.default_rng(seed)
    hits = np.asarray(right, dtype=bool)
    targets = np.arange(len(hits), dtype=np.int32) % classes
    answers = np.where(hits, targets, (targets + 1 + random.integers(0, classes - 1, len(hits))) % classes)
    confidences = random.uniform(1 / classes, 1, len(hits)).astype(np.float32)
    beside = (1 - confidences) / (classes - 1)
    return Predictions(
        images=images or [f"class{target}/{number:05}.png" for number, target in enumerate(targets)],
        targets=targets,
        top5=np.stack([answers, (answers + 1) % classes], axis=1),
        scores=np.stack([confidences, beside], axis=1),
        losses=-np.log(np.where(hits, confidences, beside)).astype(np.float32),
    )


def scores_of(right: Any, source: str = "made up", seed: int | None = 0, **values: Any) -> Scores:
    return Scores.of(predictions_of(right, **values), source, seed)


def correlated(random: np.random.Generator, images: int, accuracies: Sequence[float]) -> np.ndarray:
    """(networks, images) whether each is right, on images that are easy or hard for all."""
    bars = np.sqrt(2) * ndtri(accuracies)
    ease = random.normal(size=images)
    return bars[:, None] + ease + random.normal(size=(len(accuracies), images)) > 0


def write_evaluation(
    folder: Path, predictions: Predictions, model: str, seed: int | None = 0, **values: Any
) -> Path:
    """predictions.parquet and metrics.json in a folder, which is returned."""
    predictions.save(folder / "predictions.parquet")
    numbers: dict[str, Any] = {
        "model": model,
        "options": {},
        "seed": seed,
        "weights_source": "trained" if seed is not None else "made up",
        "dataset": "made-up images",
        "split": "val",
        "preprocessing": "resize-256-crop-224",
        "classes": 3,
        "of_classes": 3,
        "class_order_hash": "order0123456789a",
        "images": len(predictions.images),
        "top1_percent": 50.0,
        "top5_percent": 100.0,
        "nll": 1.0,
        "ece_percent": 10.0,
        "per_class": {},
        "weights_sha256": "f" * 64,
        "data_fingerprint": "data0123456789ab",
        "recipe_hash": "recipe0123456789",
        **values,
    }
    Metrics(**numbers).save(folder / "metrics.json")
    return folder


def write_relabelled(
    folder: Path,
    correct: Any,
    model: str,
    seed: int | None = 0,
    labels: str = "1" * 64,
    images: list[str] | None = None,
) -> Path:
    """correct.parquet and metrics.json of ReaL labels in a folder, which is returned."""
    hits = np.asarray(correct, dtype=bool)
    Relabelled(images or predictions_of(hits).images, hits, labels).save(folder / "correct.parquet")
    RealMetrics(
        model=model,
        seed=seed,
        weights_source="trained" if seed is not None else "made up",
        preprocessing="resize-256-crop-224",
        images=len(hits),
        top1_percent=100 * float(hits.mean()),
        weights_sha256="f" * 64,
        data_fingerprint="data0123456789ab",
        labels_sha256=labels,
        unlabelled_images=7,
    ).save(folder / "metrics.json")
    return folder
