"""ImageNet's reassessed labels (ReaL, arXiv 2006.07159), against which stored predictions are scored."""

import json
import re
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from pydantic import TypeAdapter, ValidationError

from ..documents import Metrics, RealMetrics
from ..errors import UserError
from ..files import sha256
from ..provenance import evaluation_provenance, now
from .predictions import Predictions
from .relabelled import FILE, Relabelled

CLASSES = 1000
_NUMBER = re.compile(r"ILSVRC2012_val_(\d{8})\b")
_EXPECTED = "expected real.json of the ReaL labels, a list of 50,000 lists of class indices; get it again"
_LABELS = TypeAdapter(list[list[int]])


def evaluate_real(predictions: Path, labels: Path, out: Path) -> RealMetrics:
    """Score a predictions.parquet that has its metrics.json beside it.

    Writes metrics.json, correct.parquet and provenance.json into `out`.
    An image counts as correct where the first guess is among its labels; images without a label are left out.

    Raises:
        UserError: files that cannot be read, predictions of anything but ImageNet's validation images, or no
            image with a label.
    """
    started = now()
    found = Predictions.load(predictions)
    of_val = Metrics.load(predictions.with_name("metrics.json"))
    if of_val.images != len(found.images):
        raise UserError(
            f"{predictions}: has {len(found.images)} images, metrics.json beside it {of_val.images}; "
            "evaluate again"
        )
    if of_val.of_classes != CLASSES:
        raise UserError(
            f"{predictions}: {of_val.model} has {of_val.of_classes:,} outputs; ReaL labels are for "
            f"models of ImageNet's {CLASSES:,}"
        )
    sets = labels_of(found.images, read_labels(labels), predictions)
    guesses = found.top5[:, 0].tolist()
    answers = zip(found.images, guesses, sets, strict=True)
    scored = [(image, guess in allowed) for image, guess, allowed in answers if allowed]
    if not scored:
        raise UserError(f"{labels}: has no label for any image of {predictions}; nothing can be scored")
    images, correct = zip(*scored, strict=True)
    relabelled = Relabelled(list(images), np.array(correct), sha256(labels))
    relabelled.save(out / FILE)
    metrics = RealMetrics(
        model=of_val.model,
        weights_source=of_val.weights_source,
        seed=of_val.seed,
        preprocessing=of_val.preprocessing,
        images=len(images),
        unlabelled_images=len(sets) - len(images),
        top1_percent=float(100 * relabelled.correct.mean()),
        weights_sha256=of_val.weights_sha256,
        data_fingerprint=of_val.data_fingerprint,
        labels_sha256=relabelled.labels_sha256,
        predictions_sha256=sha256(predictions),
        files={FILE: sha256(out / FILE)},
    )
    metrics.save(out / "metrics.json")
    # What was predicted with what: the labels add nothing to it.
    evaluation_provenance(started, "cpu", of_val).save(out / "provenance.json")
    return metrics


def read_labels(path: Path) -> list[list[int]]:
    """The original real.json: entry i lists the classes of ILSVRC2012_val_{i + 1:08d}.JPEG.

    Raises:
        UserError: not a list of lists of class indices.
    """
    try:
        labels = _LABELS.validate_python(json.loads(path.read_bytes()), strict=True)
    except OSError as error:
        raise UserError(f"{path}: cannot be read ({error.strerror})") from error
    except (ValueError, ValidationError, RecursionError) as error:
        raise UserError(f"{path}: {_EXPECTED}") from error
    if not all(0 <= label < CLASSES for entry in labels for label in entry):
        raise UserError(f"{path}: has a class index beyond 0 to {CLASSES - 1}; {_EXPECTED}")
    return labels


def labels_of(images: Sequence[str], labels: Sequence[Sequence[int]], source: Path) -> list[frozenset[int]]:
    """The labels of each image, found by the number in its name.

    Raises:
        UserError: the first image of `source` that is not one of ImageNet's validation images.
    """
    sets = []
    for image in images:
        number = _NUMBER.search(image)
        if number is None or not 1 <= int(number[1]) <= len(labels):
            raise UserError(
                f"{source}: {image!r} is not one of the {len(labels):,} validation images that have labels "
                "(ILSVRC2012_val_00000001.JPEG and so on)"
            )
        sets.append(frozenset(labels[int(number[1]) - 1]))
    return sets
