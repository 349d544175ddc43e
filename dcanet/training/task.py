"""What the training loop asks of a task; the loop itself knows no images and no labels."""

from collections.abc import Generator, Sequence
from typing import Any, Protocol

from torch import Tensor, nn


class Task(Protocol):
    """Data, loss and validation of one kind of training, on this rank's share."""

    steps_per_epoch: int
    #: The figure of `validate` that the best epoch has most of.
    score: str

    def epoch(self, epoch: int, start: int) -> Generator[Sequence[Any]]:
        """This rank's micro-batches of each step of an epoch (from 0), from step `start` on."""
        ...

    def loss(self, model: nn.Module, batch: Any) -> tuple[Tensor, Tensor]:
        """(mean loss to differentiate, totals); totals of micro-batches and ranks are added up."""
        ...

    def summary(self, totals: list[float]) -> dict[str, Any]:
        """Fields of an epoch's record from the totals of all its micro-batches."""
        ...

    def validate(self, model: nn.Module) -> dict[str, float]:
        """Fields of an epoch's record, the same on every rank; `model` is in evaluation mode."""
        ...
