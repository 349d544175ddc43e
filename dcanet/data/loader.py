"""Batches of a split, in an order that depends on nothing but the seed and the epoch."""

import atexit
import multiprocessing
import multiprocessing.process
import os
import signal
import sys
import threading
import weakref
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from types import TracebackType
from typing import Any, Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.utils.data import DataLoader
from torch.utils.data import Dataset as TorchDataset

from ..errors import UserError
from ..signals import SIGNALS
from .order import epoch_order, image_random
from .preprocessing import Transform

#: (epoch, index): what a worker needs to know to make one image.
Key = tuple[int, int]

#: uint8 images (N, H, W, 3), targets (N), indices (N).
Batch = tuple[Tensor, Tensor, Tensor]

#: Makes a batch of a list of images.
Collate = Callable[[list[Any]], Any]


class EncodedImages(Protocol):
    """What is needed of a split; see split.py."""

    @property
    def targets(self) -> list[int]: ...
    def read(self, index: int) -> bytes: ...
    def where(self, index: int) -> str: ...


class Images(TorchDataset[tuple[Tensor, int, int]]):
    """(uint8 image (H, W, 3), target, index) by (epoch, index); those and the seed fix all randomness."""

    def __init__(self, split: EncodedImages, transform: Transform, seed: int = 0) -> None:
        self.split, self.transform, self.seed = split, transform, seed
        # One array: a list's elements are counted, and workers would come to own a copy of every page.
        self.targets = np.array(split.targets, dtype=np.int64)

    def __len__(self) -> int:
        return len(self.targets)

    def __getitem__(self, key: Key) -> tuple[Tensor, int, int]:
        epoch, index = key
        random = image_random(self.seed, epoch, index)
        pixels = self.transform(self.split.read(index), self.split.where(index), random)
        return torch.from_numpy(pixels), int(self.targets[index]), index


class StepLoader(ABC):
    """The micro-batches of one rank, step by step, from any step of any epoch on.

    A step's global batch is cut into micro-batches, of which the (a * world + rank)-th is this rank's a-th.
    Workers live as long as the loader and serve one iterator at a time. Torch's random state is neither read
    nor moved. Subclasses say which images make the global batches.

    Raises:
        ValueError: micro-batches of `world` ranks that do not add up to the global batch.
        UserError: by the iterators, for an image that cannot be read and a worker that died.
    """

    def __init__(
        self,
        images: TorchDataset[Any],
        global_batch: int,
        micro_batch: int,
        seed: int,
        workers: int,
        rank: int = 0,
        world: int = 1,
        pin: bool = False,
        collate: Collate | None = None,
    ) -> None:
        self.accumulate, rest = divmod(global_batch, micro_batch * world)
        if rest or not self.accumulate:
            raise ValueError(
                f"{world} ranks with micro-batches of {micro_batch} do not make a batch of {global_batch}"
            )
        self.images, self.global_batch, self.micro_batch, self.seed = images, global_batch, micro_batch, seed
        self.rank, self.world = rank, world
        self._plan = _Plan()
        self._loader = Loader(images, self._plan, workers, pin, collate)

    @property
    @abstractmethod
    def steps_per_epoch(self) -> int:
        """The same in every epoch and on every rank."""

    @abstractmethod
    def _order(self, epoch: int) -> NDArray[np.int64]:
        """The images of every step of an epoch (from 0), (steps, global batch)."""

    def _steps(self, epoch: int, start_step: int) -> Iterator[list[Any]]:
        """Per step from `start_step` on, this rank's micro-batches; nothing before is even decoded."""
        batches = self._batches(self._keys(epoch, start_step))
        for _ in range(start_step, self.steps_per_epoch):
            yield [next(batches) for _ in range(self.accumulate)]

    def _keys(self, epoch: int, start_step: int) -> Iterator[list[Key]]:
        for batch in self._order(epoch)[start_step:]:
            for turn in range(self.accumulate):
                first = (turn * self.world + self.rank) * self.micro_batch
                yield keyed(epoch, batch[first : first + self.micro_batch])

    def _batches(self, keys: Iterator[list[Key]]) -> Iterator[Any]:
        self._plan.keys = keys
        for batch in self._loader:
            yield batch
            if self._plan.keys is not keys:
                raise RuntimeError("a later iterator of this loader has taken its workers over")


class TrainingLoader(StepLoader):
    """Step s of an epoch takes positions [s * B, (s + 1) * B) of the epoch's order, B being the global batch.

    An incomplete last batch is dropped. Arguments and errors are those of `StepLoader`.
    """

    images: Images

    @property
    def steps_per_epoch(self) -> int:
        return len(self.images) // self.global_batch

    def epoch(self, epoch: int, start_step: int = 0) -> Iterator[list[tuple[Tensor, Tensor]]]:
        """Per step of the epoch (from 0), this rank's micro-batches: uint8 (N, H, W, 3) and targets (N).

        What lies before `start_step` is not even decoded.
        """
        for step in self._steps(epoch, start_step):
            yield [batch[:2] for batch in step]

    def sample(self, count: int) -> Iterator[Tensor]:
        """About `count` images in micro-batches, in the order of epoch 0; the same at every rank."""
        order = epoch_order(len(self.images), self.seed, 0)
        size = self.micro_batch
        batches = max(1, min(round(count / size), len(order) // size))
        for images, _, _ in self._batches(
            keyed(0, order[batch * size : (batch + 1) * size]) for batch in range(batches)
        ):
            yield images

    def _order(self, epoch: int) -> NDArray[np.int64]:
        order = epoch_order(len(self.images), self.seed, epoch)
        return order[: self.steps_per_epoch * self.global_batch].reshape(-1, self.global_batch)


def evaluation_loader(
    images: Images, batch_size: int, workers: int, rank: int = 0, world: int = 1, pin: bool = False
) -> "Loader":
    """Images rank, rank + world, ... in the split's order, each once; the last batch may be smaller.

    Batches are (uint8 images (N, H, W, 3), targets (N), indices (N)). UserError as `TrainingLoader`.
    """
    mine = np.arange(rank, len(images), world)
    batches = [keyed(0, mine[first : first + batch_size]) for first in range(0, len(mine), batch_size)]
    return Loader(images, batches, workers, pin)


class Loader(DataLoader[Any]):
    """A DataLoader of images over batches of keys, whose dead workers are the user's to know.

    `collate` makes a batch of a list of images; without it tensors are stacked.
    """

    def __init__(
        self,
        images: TorchDataset[Any],
        batches: Iterable[list[Key]],
        workers: int,
        pin: bool,
        collate: Collate | None = None,
    ) -> None:
        super().__init__(
            images,
            batch_sampler=batches,
            num_workers=workers,
            persistent_workers=workers > 0,
            pin_memory=pin,
            collate_fn=collate,
            worker_init_fn=_live_as_long_as_the_parent,
            generator=torch.Generator(),  # else the seed of the workers is drawn from torch's own
        )
        if workers:
            # At exit Python ends children by a signal that these leave to their parent, and waits for them.
            atexit.register(_end_workers, weakref.ref(self))

    def __iter__(self) -> Iterator[Any]:  # type: ignore[override]
        batches = super().__iter__()
        try:
            yield from batches
        except Exception as error:
            if not self.num_workers:
                raise
            # Else torch tells of a dead one again, at any place, whenever another process ends; and living
            # ones stay until the garbage is collected, which then waits seconds for each.
            with suppress(RuntimeError):
                batches._shutdown_workers()  # type: ignore[attr-defined]
            self._iterator = None
            if told := death_of_worker(error):
                raise told from error
            raise


def _end_workers(reference: "weakref.ref[Loader]") -> None:
    loader = reference()
    if loader is not None and loader._iterator is not None:
        loader._iterator._shutdown_workers()  # type: ignore[attr-defined]


def _live_as_long_as_the_parent(worker: int) -> None:
    """A signal to the whole process group asks the training to save; its workers must live until it has.

    And no longer. Torch's own watch looks at the parent process, which is the server that starts processes
    where that is how they are started, as it is by default from Python 3.14 on.
    """
    for number in SIGNALS:
        signal.signal(number, signal.SIG_IGN)
    sys.excepthook = _tell_all_but_lost_connections
    threading.Thread(target=_end_with, args=(multiprocessing.parent_process(),), daemon=True).start()


def _tell_all_but_lost_connections(
    kind: type[BaseException], error: BaseException, trace: TracebackType | None
) -> None:
    """A batch that nobody fetches any more is no fault: the parent tells why it gave up."""
    if not issubclass(kind, ConnectionError | EOFError):
        sys.__excepthook__(kind, error, trace)


def _end_with(parent: multiprocessing.process.BaseProcess) -> None:
    parent.join()
    os._exit(1)


def death_of_worker(error: Exception) -> UserError | None:
    """What to tell of an error that a killed worker leads to; None of any other error.

    Torch may also raise it outside the loader, at whatever the main process is doing.
    """
    cause = error.__cause__ if isinstance(error.__cause__, RuntimeError) else error  # it names the signal
    if isinstance(error, ConnectionError | EOFError) and not str(error).startswith("Caught "):
        reason = "the connection to it is lost"
    elif str(error).startswith("DataLoader worker (pid"):
        reason = " ".join(str(cause).split()).rstrip(". ")
    else:
        return None
    return UserError(f"a loader process died: {reason}; if memory is short, lower the number of workers")


class _Plan:
    """The batches of keys that the workers make next."""

    keys: Iterator[list[Key]] = iter(())

    def __iter__(self) -> Iterator[list[Key]]:
        return self.keys


def keyed(epoch: int, indices: NDArray[np.int64]) -> list[Key]:
    """What the workers are told of some images of an epoch."""
    return [(epoch, index) for index in indices.tolist()]
