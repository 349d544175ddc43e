"""What a detector finds in the images of a split."""

from collections.abc import Iterator

import torch
from torch import nn
from tqdm import tqdm

from ..data.coco_split import CocoSplit
from ..data.detection_loader import detection_evaluation_loader
from ..distributed.ranks import Ranks
from .detections import Detections


def detect(
    model: nn.Module, split: CocoSplit, device: torch.device, batch_size: int, workers: int, ranks: Ranks
) -> Detections | None:
    """All images of the split, each once over all ranks; on rank 0, None on the others."""
    found = list(_batches(model.eval(), split, device, batch_size, workers, ranks))
    parts = ranks.gather(found)
    if parts is None:
        return None
    return Detections.joined((part for of_rank in parts for part in of_rank), split.images.ids.tolist())


def _batches(
    model: nn.Module, split: CocoSplit, device: torch.device, batch_size: int, workers: int, ranks: Ranks
) -> Iterator[Detections]:
    loader = detection_evaluation_loader(
        split, batch_size, workers, ranks.rank, ranks.world, pin=device.type == "cuda"
    )
    quiet = True if ranks.rank else None
    for images, indices in tqdm(loader, desc="detect", unit="batch", leave=False, disable=quiet):
        with torch.inference_mode():
            outputs = model([image.to(device, non_blocking=True) for image in images])
        yield Detections.from_model(outputs, split.images.ids[indices.numpy()].tolist(), split.category_ids)
