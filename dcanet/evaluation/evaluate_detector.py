"""Evaluate a detector's weights on a split: metrics, detections, resampled AP, provenance."""

from pathlib import Path

from ..data.coco import read_coco
from ..data.coco_dataset import CocoDataset
from ..detection_documents import DetectionMetrics
from ..device import choose_device, place
from ..distributed.ranks import Ranks
from ..errors import UserError
from ..files import sha256
from ..provenance import evaluation_provenance, now
from ..weights.store import load_model, read_metadata
from .ap_bootstrap import RESAMPLES, bootstrap_ap, intervals
from .coco_ground_truth import read_ground_truth
from .coco_metrics import coco_numbers
from .coco_oracle import agree
from .detect import detect
from .inference import make_fast

#: Images per batch on a GPU; on a CPU one at a time is as quick and takes the least memory.
GPU_BATCH = 8


def evaluate_detector(
    weights: Path,
    data: Path,
    out: Path,
    batch_size: int | None = None,
    workers: int = 0,
    device: str = "auto",
    split: str = "val",
    dataset: Path | None = None,
    exact: bool = False,
    resamples: int = RESAMPLES,
    coco_json: Path | None = None,
    ranks: Ranks | None = None,
) -> DetectionMetrics | None:
    """COCO's twelve numbers in float32 with intervals of AP; the result on rank 0, None on the others.

    Args:
        batch_size: of each rank; results do not depend on it.
        dataset: a dataset.json whose bad images are left out.
        exact: operation by operation as in training, instead of BatchNorm and, on a CPU, activations within
            the convolutions (the same but for rounding, and faster).
        resamples: of the images, for the intervals.
        coco_json: where the detections are written as the official server reads them.

    Raises:
        UserError: weights or data that cannot be read, or categories that differ in number.
        RuntimeError: hotcoco and pycocotools disagree on a sample of the images.
    """
    started = now()
    ranks = ranks or Ranks()
    metadata = read_metadata(weights)
    checked = CocoDataset.load(dataset) if dataset else None
    images = read_coco(data, split, checked)
    if len(images.categories) != metadata.num_classes:
        raise UserError(
            f"{weights} on {data}: the detector knows {metadata.num_classes} categories, "
            f"{images.annotation_file.name} has {len(images.categories)}"
        )
    chosen = choose_device(device)
    model = load_model(weights)
    if not exact:
        make_fast(model, chosen)
    model = place(model, chosen, channels_last=True)
    size = batch_size or (GPU_BATCH if chosen.type == "cuda" else 1)
    try:
        detections = detect(model, images, chosen, size, workers, ranks)
    except UserError as error:
        raise UserError(f"{weights} on {data}: {error}") from error
    if detections is None:
        return None

    truth = read_ground_truth(images.annotation_file, images.images.ids)
    numbers, per_category = coco_numbers(truth, detections)
    oracle_images, oracle_difference = agree(truth, detections)
    bootstrap = bootstrap_ap(truth, detections, resamples)
    crowds = int(truth.annotations["crowd"].sum())
    detections.save(out / "detections.parquet")
    bootstrap.save(out / "bootstrap.json")
    metrics = DetectionMetrics(
        model=metadata.model,
        options=metadata.options,
        weights_source=metadata.source,
        seed=metadata.notes.get("seed"),
        dataset=data.name,
        split=split,
        images=len(images.images),
        bad_images_skipped=len(checked.splits[split].bad_images) if checked else 0,
        objects=len(truth.annotations) - crowds,
        crowds=crowds,
        detections=len(detections.scores),
        numbers=numbers,
        per_category=per_category,
        intervals=intervals(bootstrap),
        oracle_images=oracle_images,
        oracle_difference=oracle_difference,
        weights_sha256=sha256(weights),
        data_fingerprint=images.fingerprint,
        recipe_hash=metadata.notes.get("recipe_hash", ""),
        files={name: sha256(out / name) for name in ("detections.parquet", "bootstrap.json")},
    )
    if coco_json:
        detections.to_coco_json(coco_json)
    metrics.save(out / "metrics.json")
    arithmetic = f"{chosen.type} float32, BatchNorm {'apart' if exact else 'folded'}"
    evaluation_provenance(started, ranks.times(arithmetic), metrics).save(out / "provenance.json")
    return metrics
