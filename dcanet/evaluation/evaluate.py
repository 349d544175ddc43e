"""Evaluate stored weights on the val split: metrics.json, predictions.parquet, provenance.json."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F
from tqdm import tqdm

from ..data.folder import Images, fingerprint, list_split
from ..data.loader import Loader, evaluation_loader
from ..data.preprocessing import evaluation_transform
from ..data.settings import Preprocessing
from ..device import choose_device, place
from ..documents import Metrics
from ..errors import UserError
from ..files import sha256
from ..provenance import now, provenance
from ..weights.store import load_model, read_metadata
from .classes import outputs_of
from .predictions import Predictions


def evaluate(
    weights: Path,
    data: Path,
    preprocessing: Preprocessing,
    out: Path,
    batch_size: int = 64,
    workers: int = 0,
    device: str = "auto",
) -> Metrics:
    """Evaluate in float32, every val image exactly once.

    Raises:
        UserError: weights or data that cannot be read, or a class count that differs.
    """
    started = now()
    metadata = read_metadata(weights)
    split = list_split(data, "val")
    try:
        outputs = outputs_of(split.classes, metadata.num_classes)
    except UserError as error:
        raise UserError(f"{weights} on {data}: {error}") from error
    split = replace(split, targets=[outputs[target] for target in split.targets])
    chosen = choose_device(device)
    loader = evaluation_loader(Images(split, evaluation_transform(preprocessing)), batch_size, workers)
    predictions = predict(load_model(weights), loader, split.images, chosen)
    if len(set(predictions.images)) != len(split.images):
        raise RuntimeError(f"{len(set(predictions.images))} of {len(split.images)} images were evaluated")

    metrics = Metrics(
        model=metadata.model,
        options=metadata.options,
        weights_source=metadata.source,
        seed=metadata.notes.get("seed"),
        dataset=data.name,
        split="val",
        preprocessing=preprocessing.id,
        classes=len(split.classes),
        images=len(predictions.images),
        top1_percent=predictions.top_k_percent(1),
        top5_percent=predictions.top_k_percent(5),
        loss=float(predictions.losses.mean(dtype=np.float64)),
        weights_sha256=sha256(weights),
        recipe_hash=metadata.notes.get("recipe_hash", ""),
        data_fingerprint=fingerprint(split),
    )
    predictions.save(out / "predictions.parquet")
    metrics.save(out / "metrics.json")
    provenance(
        started,
        f"{chosen.type} float32",
        seed=metrics.seed,
        recipe_hash=metrics.recipe_hash,
        data_fingerprint=metrics.data_fingerprint,
        weights_sha256=metrics.weights_sha256,
    ).save(out / "provenance.json")
    return metrics


@torch.inference_mode()
def predict(model: nn.Module, loader: Loader, ids: list[str], device: torch.device) -> Predictions:
    """The model's predictions for every image of the loader, in its order."""
    model = place(model.eval(), device, channels_last=True)
    order, targets, top5, scores, losses = [], [], [], [], []
    for images, labels, indices in tqdm(loader, desc="evaluate", unit="batch", leave=False, disable=None):
        logits = model(images.to(device, memory_format=torch.channels_last)).float().cpu()
        best = logits.softmax(dim=1).topk(min(5, logits.shape[1]))
        order += indices.tolist()
        targets.append(labels.numpy())
        top5.append(best.indices.numpy())
        scores.append(best.values.numpy())
        losses.append(F.cross_entropy(logits, labels, reduction="none").numpy())
    return Predictions(
        images=[ids[index] for index in order],
        targets=np.concatenate(targets),
        top5=np.concatenate(top5),
        scores=np.concatenate(scores),
        losses=np.concatenate(losses),
    )
