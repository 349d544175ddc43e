"""What is to be trained, and what a kind of training brings to the loop."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic, TypeVar

from torch import Tensor

from ..distributed.ranks import Ranks
from ..documents import EpochRecord
from ..errors import UserError
from ..weights.networks import Network
from .batches import Cut, cut
from .recipe import LoopRecipe
from .task import Task

R = TypeVar("R", bound=LoopRecipe)


@dataclass(frozen=True)
class Job(Generic[R]):
    """What to train and where.

    `dataset` is a dataset.json whose bad images are left out, `backbone` are a classifier's weights that a
    detector starts from.
    """

    model: str
    options: dict[str, Any]
    data: Path
    recipe: R
    seed: int
    out: Path
    state: Path | None = None
    device: str = "auto"
    workers: int = 0
    save_minutes: float = 10
    dataset: Path | None = None
    backbone: Path | None = None


@dataclass(frozen=True)
class Parts:
    """A network with its task, and how the outcome is described.

    `key` has what decides the outcome besides recipe, model, options and seed; `figures` tells of an epoch in
    a log; `sample` yields about so many normalised training images.
    """

    network: Network
    task: Task
    cutting: Cut
    data_fingerprint: str
    key: dict[str, Any]
    figures: Callable[[EpochRecord], str]
    sample: Callable[[int], Iterable[Tensor]] | None = None


def cut_batch(job: Job[Any], images: int, ranks: Ranks) -> Cut:
    """The recipe's batch cut for the ranks; UserError where the data have fewer images."""
    cutting = cut(job.recipe, ranks.world)
    if cutting.batch > images:
        raise UserError(
            f"{job.data}: has {images} training images, fewer than one batch of the recipe; "
            f"set batch_size to at most {images}"
        )
    return cutting
