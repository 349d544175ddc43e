"""The training loop."""

import itertools
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from tqdm import tqdm

from ..device import autocast, memory_format, place
from ..documents import EpochRecord
from ..errors import UserError
from .recipe import Recipe

Batches = Iterable[tuple[Tensor, Tensor, Tensor]]

#: Steps of the shortest training: OneCycleLR takes two to rise and two to fall.
SHORTEST = 4


@dataclass
class Trainer:
    """One model being trained by a recipe on one device.

    `precision` is the resolved one, "float32" or "bfloat16".
    """

    model: nn.Module
    recipe: Recipe
    device: torch.device
    precision: str

    def fit(self, batches: Batches, steps_per_epoch: int, on_epoch: Callable[[EpochRecord], None]) -> None:
        """Train for all epochs; `on_epoch` is called with each epoch's record.

        Raises:
            UserError: the loss is not finite.
        """
        model = place(self.model, self.device, self.recipe.channels_last)
        optimizer = build_optimizer(model, self.recipe)
        total_steps = max(SHORTEST, round(self.recipe.epochs * steps_per_epoch))
        schedule = torch.optim.lr_scheduler.OneCycleLR(
            optimizer,
            self.recipe.optimizer.learning_rate,
            total_steps=total_steps,
            pct_start=max(self.recipe.schedule.warmup, 2 / total_steps),
        )
        for epoch, start in enumerate(range(0, total_steps, steps_per_epoch), start=1):
            steps = min(steps_per_epoch, total_steps - start)
            progress = tqdm(
                itertools.islice(batches, steps),
                desc=f"epoch {epoch} of {self.recipe.epochs:g}",
                total=steps,
                unit="batch",
                leave=False,
                disable=None,
            )
            on_epoch(self._epoch(epoch, progress, optimizer, schedule))

    def _epoch(
        self,
        epoch: int,
        batches: Batches,
        optimizer: torch.optim.Optimizer,
        schedule: torch.optim.lr_scheduler.LRScheduler,
    ) -> EpochRecord:
        self.model.train()
        started, seen = time.perf_counter(), 0
        loss_sum = torch.zeros((), dtype=torch.float64, device=self.device)
        correct = torch.zeros((), dtype=torch.int64, device=self.device)
        rate = float(schedule.get_last_lr()[0])

        for images, targets, _ in batches:
            images, targets = self._place(images), targets.to(self.device)
            with autocast(self.precision, self.device):
                logits = self.model(images)
                loss = F.cross_entropy(logits.float(), targets)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            schedule.step()

            seen += len(targets)
            loss_sum += loss.detach().double() * len(targets)
            correct += (logits.argmax(dim=1) == targets).sum()

        mean_loss = loss_sum.item() / seen
        if not mean_loss < float("inf"):
            raise UserError(f"epoch {epoch}: the loss became {mean_loss}; lower the recipe's learning_rate")
        seconds = time.perf_counter() - started
        return EpochRecord(
            epoch=epoch,
            learning_rate=rate,
            train_loss=mean_loss,
            train_top1_percent=100 * correct.item() / seen,
            seconds=seconds,
            images_per_second=seen / seconds,
        )

    def recalibrate(self, batches: Batches, batch_count: int) -> None:
        """Replace the running BatchNorm statistics by averages over some batches (precise BN)."""
        from fvcore.nn.precise_bn import update_bn_stats

        self.model.train()
        with torch.no_grad():
            update_bn_stats(self.model, (self._place(images) for images, _, _ in batches), batch_count)

    def _place(self, images: Tensor) -> Tensor:
        return images.to(self.device, memory_format=memory_format(self.recipe.channels_last))


def build_optimizer(model: nn.Module, recipe: Recipe) -> torch.optim.Optimizer:
    """The recipe's optimiser over all parameters."""
    settings = recipe.optimizer.model_dump(exclude={"name", "learning_rate"})
    kind = {"sgd": torch.optim.SGD, "adamw": torch.optim.AdamW}[recipe.optimizer.name]
    return kind(model.parameters(), lr=recipe.optimizer.learning_rate, fused=True, **settings)
