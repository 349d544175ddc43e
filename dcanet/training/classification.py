"""Training a classifier: cross entropy on labelled images, validated by top-1, top-5 and NLL."""

from collections.abc import Generator, Sequence
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from ..data.loader import Loader, TrainingLoader
from ..data.preprocessing import normalise
from ..device import memory_format
from ..distributed.ranks import Ranks
from .recipe import Recipe


class Classification:
    """Batches of a training loader and, where there is one, of a validation loader."""

    def __init__(
        self,
        training: TrainingLoader,
        validation: Loader | None,
        device: torch.device,
        recipe: Recipe,
        ranks: Ranks,
    ) -> None:
        self.training, self.validation, self.device = training, validation, device
        self.label_smoothing, self.ranks = recipe.label_smoothing, ranks
        self._layout = memory_format(recipe.channels_last)
        self.steps_per_epoch = training.steps_per_epoch
        self._input: Tensor | None = None  # memory of the last micro-batch, for the next

    def epoch(self, epoch: int, start: int) -> Generator[Sequence[Any]]:
        yield from self.training.epoch(epoch, start)

    def loss(self, model: nn.Module, batch: tuple[Tensor, Tensor]) -> tuple[Tensor, Tensor]:
        """Cross entropy, mean over the batch; totals: images, loss, right first guesses."""
        images, targets = self._placed(batch)
        self._input = normalise(images, self._input)
        logits = model(self._input.contiguous(memory_format=self._layout)).float()
        loss = F.cross_entropy(logits, targets, label_smoothing=self.label_smoothing)
        right = (logits.argmax(dim=1) == targets).sum()
        # Made on the device: a copy to it would wait for the forward pass.
        seen = torch.full((), len(targets), dtype=torch.float64, device=self.device)
        return loss, torch.stack([seen, loss.detach().double() * seen, right.double()])

    def summary(self, totals: list[float]) -> dict[str, float]:
        images, loss, right = totals
        return {"images": images, "train_loss": loss / images, "train_top1_percent": 100 * right / images}

    @torch.inference_mode()
    def validate(self, model: nn.Module) -> dict[str, float]:
        """In float32, every image once over all ranks."""
        assert self.validation is not None
        totals = torch.zeros(4, dtype=torch.float64, device=self.device)
        for images, targets, _ in self.validation:
            images, targets = self._placed((images, targets))
            logits = model(normalise(images).contiguous(memory_format=self._layout)).float()
            hits = (logits.topk(min(5, logits.shape[1])).indices == targets[:, None]).double()
            loss = F.cross_entropy(logits, targets, reduction="sum").double()
            totals += torch.stack([loss, hits[:, 0].sum(), hits.sum(), torch.ones_like(hits[:, 0]).sum()])
        nll, top1, top5, images_seen = self.ranks.total(totals)
        return {
            "valid_loss": nll / images_seen,
            "valid_top1_percent": 100 * top1 / images_seen,
            "valid_top5_percent": 100 * top5 / images_seen,
        }

    def _placed(self, batch: Sequence[Tensor]) -> tuple[Tensor, Tensor]:
        images, targets = (tensor.to(self.device, non_blocking=True) for tensor in batch)
        return images, targets
