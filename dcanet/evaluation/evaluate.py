"""Evaluate stored weights on a split: metrics.json, predictions.parquet, provenance.json."""

from dataclasses import replace
from itertools import chain
from pathlib import Path
from typing import Any

from ..data.describe import fingerprint, usable
from ..data.imagenet import class_order_hash
from ..data.loader import Images
from ..data.locate import list_split
from ..data.preprocessing import evaluation_transform
from ..data.settings import Preprocessing
from ..device import choose_device
from ..distributed.ranks import Ranks
from ..documents import Dataset, Metrics
from ..errors import UserError
from ..files import sha256
from ..models import check_image_size
from ..provenance import evaluation_provenance, now
from ..weights.store import WeightsMetadata, load_model, read_metadata
from .calibration import expected_calibration_error
from .classes import outputs_of
from .inference import make_fast
from .per_class import class_accuracies
from .predict import predict
from .predictions import Predictions


def evaluate(
    weights: Path,
    data: Path,
    preprocessing: Preprocessing,
    out: Path,
    batch_size: int | None = None,
    workers: int = 0,
    device: str = "auto",
    split: str = "val",
    dataset: Path | None = None,
    exact: bool = False,
    ranks: Ranks | None = None,
) -> Metrics | None:
    """Evaluate in float32, every image of the split exactly once; the result on rank 0, None on the others.

    Args:
        batch_size: of each rank; by default what suits the device.
        workers: loader processes that prepare images for a GPU; on a CPU its threads do.
        dataset: a dataset.json whose bad images are left out.
        exact: operation by operation as in training, instead of BatchNorm and, on a CPU, activations within
            the convolutions (the same but for rounding, and faster).

    Raises:
        UserError: weights or data that cannot be read, or a class count that differs.
    """
    started = now()
    ranks = ranks or Ranks()
    metadata = read_metadata(weights)
    try:
        check_image_size(metadata.model, preprocessing.crop)
    except ValueError as error:
        raise UserError(f"{weights}: {error}; choose another crop") from error
    listed = list_split(data, split)
    kept = usable(listed, Dataset.load(dataset)) if dataset else listed
    if not kept.images:
        raise UserError(f"{data}: no image of {split} is left after those that {dataset} says are bad")
    try:
        outputs = outputs_of(kept.classes, metadata.num_classes)
    except UserError as error:
        raise UserError(f"{weights} on {data}: {error}") from error
    chosen = choose_device(device)
    model = load_model(weights)
    if not exact:
        make_fast(model, chosen)
    labelled = replace(kept, targets=[outputs[target] for target in kept.targets])
    images = Images(labelled, evaluation_transform(preprocessing))
    parts = ranks.gather(list(predict(model, images, kept.images, chosen, batch_size, workers, ranks)))
    if parts is None:
        return None
    predictions = Predictions.joined(chain.from_iterable(parts), kept.images)

    names = dict(zip(outputs, kept.classes, strict=True))
    predictions.save(out / "predictions.parquet")
    metrics = Metrics(
        model=metadata.model,
        options=metadata.options,
        weights_source=metadata.source,
        seed=metadata.notes.get("seed"),
        dataset=data.name,
        split=split,
        preprocessing=preprocessing.id,
        classes=len(kept.classes),
        of_classes=metadata.num_classes,
        class_order_hash=class_order_hash(kept.classes),
        images=len(predictions.images),
        bad_images_skipped=len(listed.images) - len(kept.images),
        top1_percent=predictions.top_k_percent(1),
        top5_percent=predictions.top_k_percent(5),
        nll=predictions.nll,
        ece_percent=expected_calibration_error(predictions.scores[:, 0], predictions.correct),
        per_class=class_accuracies(predictions, names),
        weights_sha256=sha256(weights),
        recipe_hash=metadata.notes.get("recipe_hash", ""),
        data_fingerprint=fingerprint(kept),
        files={"predictions.parquet": sha256(out / "predictions.parquet")},
        **_training(metadata),
    )
    metrics.save(out / "metrics.json")
    arithmetic = f"{chosen.type} float32, BatchNorm {'apart' if exact else 'folded'}"
    evaluation_provenance(started, ranks.times(arithmetic), metrics).save(out / "provenance.json")
    return metrics


def _training(metadata: WeightsMetadata) -> dict[str, Any]:
    """What training knew of its epochs, where it validated them."""
    known = ("selected", "last_epoch", "best_epoch")
    return {name: metadata.notes[name] for name in known if name in metadata.notes}
