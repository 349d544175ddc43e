"""Training a detector: the losses of its heads on images with boxes, validated by COCO's AP."""

from collections.abc import Generator, Sequence
from functools import cached_property
from typing import Any

import torch
from torch import Tensor, nn

from ..data.coco import read_coco
from ..data.coco_dataset import CocoDataset
from ..data.coco_split import CocoSplit
from ..data.detection_loader import DetectionLoader, MicroBatch, trainable
from ..detection import Detector, create
from ..distributed.ranks import Ranks
from ..documents import EpochRecord
from ..errors import UserError
from ..evaluation.coco_ground_truth import GroundTruth, read_ground_truth
from ..evaluation.coco_metrics import coco_numbers
from ..evaluation.detect import detect
from ..files import sha256
from ..models.backbones import Classifier
from ..weights.mismatch import StateDictMismatch
from ..weights.store import load_model
from .job import Job, Parts, cut_batch
from .recipe import DetectionRecipe


class Detection:
    """Batches of a detection loader; `validation` are the images whose AP is found, where it is."""

    score = "valid_ap_percent"

    def __init__(
        self,
        training: DetectionLoader,
        validation: CocoSplit | None,
        device: torch.device,
        ranks: Ranks,
        workers: int,
    ) -> None:
        self.training, self.validation, self.device = training, validation, device
        self.ranks, self.workers = ranks, workers
        self.steps_per_epoch = training.steps_per_epoch
        self._names: list[str] = []

    def epoch(self, epoch: int, start: int) -> Generator[Sequence[Any]]:
        yield from self.training.epoch(epoch, start)

    def loss(self, model: nn.Module, batch: MicroBatch) -> tuple[Tensor, Tensor]:
        """The sum of the detector's losses; totals: images, loss, and each of its parts."""
        images, targets = batch
        losses = model([image.to(self.device, non_blocking=True) for image in images], self._placed(targets))
        self._names = list(losses)
        parts = torch.stack([part.float() for part in losses.values()])
        loss = parts.sum()
        # Made on the device: a copy to it would wait for the forward pass.
        seen = torch.full((1,), len(images), dtype=torch.float64, device=self.device)
        return loss, torch.cat([seen, torch.cat([loss[None], parts]).detach().double() * seen])

    def summary(self, totals: list[float]) -> dict[str, Any]:
        images, loss, *parts = totals
        means = {name: part / images for name, part in zip(self._names, parts, strict=True)}
        return {"images": images, "train_loss": loss / images, "train_losses": means}

    def validate(self, model: nn.Module) -> dict[str, float]:
        """In float32, every image once over all ranks."""
        assert self.validation is not None
        found = detect(
            model, self.validation, self.device, self.training.micro_batch, self.workers, self.ranks
        )
        ap = torch.zeros(1, dtype=torch.float64, device=self.device)
        if found is not None:
            ap[0] = coco_numbers(self._truth, found)[0].ap or 0.0
        return {self.score: self.ranks.total(ap)[0]}

    @cached_property
    def _truth(self) -> GroundTruth:
        assert self.validation is not None
        return read_ground_truth(self.validation.annotation_file, self.validation.images.ids)

    def _placed(self, targets: list[dict[str, Tensor]]) -> list[dict[str, Tensor]]:
        return [{name: value.to(self.device) for name, value in target.items()} for target in targets]


def prepare_detection(job: Job[DetectionRecipe], ranks: Ranks, device: torch.device) -> Parts:
    """A detector with its data; UserError for data or a backbone that cannot be read or do not fit."""
    dataset = CocoDataset.load(job.dataset) if job.dataset else None
    training = read_coco(job.data, "train", dataset)
    validation = read_coco(job.data, "val", dataset) if job.recipe.validate_every else None
    ranks.wait()
    cutting = cut_batch(job, len(trainable(training)), ranks)
    network = create(job.model, len(training.categories), **job.options)
    key = {}
    if job.backbone:
        _load_backbone(network, job)
        key["backbone_sha256"] = sha256(job.backbone)
    loader = DetectionLoader(
        training,
        cutting.batch,
        cutting.micro_batch,
        job.seed,
        job.workers,
        ranks.rank,
        ranks.world,
        pin=device.type == "cuda",
    )
    task = Detection(loader, validation, device, ranks, job.workers)
    return Parts(network, task, cutting, training.fingerprint, key, _figures)


def _load_backbone(network: Detector, job: Job[DetectionRecipe]) -> None:
    assert job.backbone is not None
    classifier = load_model(job.backbone)
    if not isinstance(classifier, Classifier):
        raise UserError(f"{job.backbone}: is a detector; a backbone starts from a classifier's weights")
    try:
        network.load_backbone(classifier.state_dict())
    except StateDictMismatch as error:
        raise UserError(f"{job.backbone}: {error}; give the weights of the model's own backbone") from error


def _figures(epoch: EpochRecord) -> str:
    parts = ", ".join(f"{name} {value:.3f}" for name, value in (epoch.train_losses or {}).items())
    validated = "" if epoch.valid_ap_percent is None else f", val AP {epoch.valid_ap_percent:.2f} %"
    return f"loss {epoch.train_loss:.4f} ({parts}){validated}"
