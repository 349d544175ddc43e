"""Data sets' own documents, and the images or annotations themselves where they are at hand."""

import hashlib
import os
from collections.abc import Mapping, Sequence
from pathlib import Path

from ..data.coco_dataset import CocoDataset
from ..documents import Metrics
from ..files import hash_of
from .experiment import Experiment
from .files import Files
from .runs import place_of


def annotations_in(folders: Sequence[Path]) -> Path | None:
    """The annotations of COCO's val split, or of one made in its image, in the first folder that has some."""
    for folder in folders:
        found = sorted((folder / "annotations").glob("instances_*val*.json"))
        if found:
            return found[0]
    return None


def check_coco(files: Files, name: str, dataset: CocoDataset, found: Experiment) -> None:
    """It adds up, and evaluations of detectors are of it."""
    findings = files.findings
    kinds = sorted((category.id, category.name) for category in dataset.categories)
    findings.same(name, "category_hash", hash_of(kinds), dataset.category_hash)
    for split, facts in dataset.splits.items():
        field = f"splits.{split}"
        findings.close(name, f"{field}.boxes", sum(facts.per_category.values()), facts.boxes)
        findings.close(
            name, f"{field}.boxes, of all sizes", facts.small + facts.medium + facts.large, facts.boxes
        )
        findings.same(name, f"{field}.images_without_boxes", True, facts.images_without_boxes <= facts.images)
    val = dataset.splits.get("val")
    for detector, runs in found.detected.items():
        for metrics in runs.values():
            if val is None:
                continue
            path = files.at(place_of("detection", detector, metrics.seed))
            findings.close(
                path, f"bad_images_skipped, by {name}", len(val.bad_images), metrics.bad_images_skipped
            )
            findings.close(path, f"images, by {name}", val.images - len(val.bad_images), metrics.images)
            findings.same(
                path,
                f"per_category, names by {name}",
                sorted(kind for _, kind in kinds),
                sorted(metrics.per_category),
            )
            if not val.bad_images:
                findings.same(path, f"data_fingerprint, by {name}", val.fingerprint, metrics.data_fingerprint)
                if not val.dropped:
                    findings.close(path, f"objects, by {name}", val.boxes, metrics.objects)


def check_images(files: Files, folder: Path, results: Mapping[str, Metrics]) -> None:
    """The images of a plain folder are those that were evaluated: names and sizes have the fingerprint."""
    val = folder / "val"
    if not val.is_dir() or not results:
        files.findings.note(
            f"{folder}: has no folder val of images by class, so fingerprints were not found anew"
        )
        return
    entries = []
    for label in sorted(entry.name for entry in os.scandir(val) if entry.is_dir()):
        for entry in os.scandir(val / label):
            if entry.is_file() and not entry.name.startswith("."):
                entries.append((f"{label}/{entry.name}", entry.stat().st_size))
    text = "".join(f"{image}\t{size}\n" for image, size in sorted(entries))
    digest = hashlib.sha256(text.encode()).hexdigest()[:16]
    for path, metrics in results.items():
        if metrics.bad_images_skipped:
            files.findings.note(
                f"{path}: leaves out broken images, so the fingerprint of {folder} was not compared"
            )
            continue
        files.findings.same(
            path, f"data_fingerprint, by the images of {folder}", digest, metrics.data_fingerprint
        )
