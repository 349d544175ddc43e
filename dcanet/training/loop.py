"""The training loop: steps, epochs, validation, and a state from which it continues bit for bit.

Nothing random outlives a step: the order of the images, their augmentation and the dropout of a micro-batch
are functions of the seed and of where in the training they stand. So the state needs no random generators
and is the same for any number of loader processes.
"""

import contextlib
import time
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.parallel import DistributedDataParallel
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn
from tqdm import tqdm

from ..device import autocast, place
from ..distributed.ranks import Ranks
from ..documents import EpochRecord
from ..errors import UserError
from ..files import hash_of
from ..signals import Interrupted
from .guard import Guard
from .interruption import StopRequests
from .optimizers import build_optimizer
from .recipe import LoopRecipe
from .running_statistics import kept_as_they_are
from .schedules import build_schedule
from .state import StateFolder
from .task import Task

#: Steps of the shortest training: a one-cycle schedule takes two to rise and two to fall.
SHORTEST = 4
#: Seconds of training that are worth a save when only the results are left to be written.
WORTH_SAVING = 60


@dataclass
class Best:
    """The epoch with the highest validation score so far, and its weights where they are wanted."""

    epoch: int
    score: float
    weights: dict[str, Tensor] | None


@dataclass
class Trainer:
    """One model being trained by a recipe; every rank has one.

    `precision` is the resolved one. `rate_factor` multiplies the recipe's learning rate where the true batch
    differs from the recipe's. Without `state` nothing is saved.
    """

    model: nn.Module
    task: Task
    recipe: LoopRecipe
    device: torch.device
    precision: str
    seed: int
    ranks: Ranks
    rate_factor: float = 1.0
    state: StateFolder | None = None
    save_seconds: float = 600
    history: list[EpochRecord] = field(default_factory=list)
    best: Best | None = None

    def __post_init__(self) -> None:
        steps = self.task.steps_per_epoch
        self.total_steps = max(SHORTEST, round(self.recipe.epochs * steps))
        self.model = place(self.model, self.device, self.recipe.channels_last)
        self.optimizer = build_optimizer(self.model, self.recipe, self.rate_factor)
        self.schedule = build_schedule(self.optimizer, self.recipe.schedule, steps, self.total_steps)
        self.scaler = torch.amp.GradScaler(self.device.type, enabled=self.precision == "float16")
        self.average = (
            AveragedModel(self.model, multi_avg_fn=get_ema_multi_avg_fn(self.recipe.ema), use_buffers=True)
            if self.recipe.ema
            else None
        )
        self.guard = Guard()
        self.step = self._started_at = 0
        self.seconds = 0.0  # of the epoch in progress
        self.totals: Tensor | None = None  # of this rank in the epoch in progress
        self._forward = self._wrapped()
        self._saved_at = time.monotonic()

    @property
    def kept(self) -> nn.Module:
        """The network whose weights count: the moving average where there is one."""
        return self.average.module if self.average else self.model

    def resume(self) -> None:
        """Continue from the saved state, if there is one; UserError for one of another recipe."""
        found = self.state.load() if self.state else None
        if not self.ranks.agree(found[0] if found else 0):
            raise UserError(
                f"{self.state.folder if self.state else 'state'}: the ranks found different states there; "
                "the folder must be the same on all machines"
            )
        if found is None:
            return
        self.step, state = found
        self._started_at = self.step
        self.model.load_state_dict(state["model"])
        self.optimizer.load_state_dict(state["optimizer"])
        self.schedule.load_state_dict(state["schedule"])
        self.scaler.load_state_dict(state["scaler"])
        if self.average:
            self.average.load_state_dict(state["average"])
        self.guard.load_state_dict(state["guard"])
        self.best = Best(**state["best"]) if state["best"] else None
        self.history = [EpochRecord(**record) for record in state["history"]]
        if state["totals"] is not None:
            totals = torch.tensor(state["totals"], dtype=torch.float64, device=self.device)
            self.totals = totals if self.ranks.rank == 0 else torch.zeros_like(totals)
        self.seconds = state["seconds"]
        if self.ranks.rank == 0:
            print(f"continues after step {self.step} of {self.total_steps}", flush=True)

    def fit(self, on_epoch: Callable[[EpochRecord], None], stop: StopRequests) -> None:
        """Train to the end of the recipe; `on_epoch` is called at the first rank.

        Raises:
            UserError: the loss is not finite or diverges.
            Interrupted: `stop` was requested; the state is saved.
        """
        while self.step < self.total_steps:
            self._epoch(stop, on_epoch)

    def selected_weights(self) -> dict[str, Tensor]:
        """The weights of the epoch that the recipe selects."""
        if self.recipe.select == "best" and self.best and self.best.weights:
            return self.best.weights
        return self.kept.state_dict()

    def _epoch(self, stop: StopRequests, on_epoch: Callable[[EpochRecord], None]) -> None:
        epoch, start = divmod(self.step, self.task.steps_per_epoch)
        end = min(self.task.steps_per_epoch, self.total_steps - epoch * self.task.steps_per_epoch)
        rate = float(self.schedule.get_last_lr()[-1])
        self.model.train()
        began = time.perf_counter() - self.seconds
        batches = self.task.epoch(epoch, start)
        progress = tqdm(
            desc=f"epoch {epoch + 1} of {self.recipe.epochs:g}",
            initial=start,
            total=end,
            unit="step",
            leave=False,
            disable=None if self.ranks.rank == 0 else True,
        )
        with contextlib.closing(batches), progress:
            for position in range(start, end):
                self._step(next(batches), epoch)
                progress.update()
                self.seconds = time.perf_counter() - began
                if position + 1 < end:
                    self._save_if_asked(stop, epoch)
        self.guard.look(epoch + 1, self.step)
        record = self._finish_epoch(epoch, rate)
        if self.ranks.rank == 0:
            on_epoch(record)
        if self.step < self.total_steps or time.monotonic() - self._saved_at > WORTH_SAVING:
            self._save(epoch)
        self._stop_if_asked(stop)

    def _step(self, batches: Sequence[Any], epoch: int) -> None:
        loss_sum: Tensor | None = None
        for position, batch in enumerate(batches):
            chunk = position * self.ranks.world + self.ranks.rank
            torch.manual_seed(int(hash_of([self.seed, self.step, chunk]), 16) % 2**63)
            with contextlib.ExitStack() as stack:
                if position:
                    stack.enter_context(kept_as_they_are(self.model))
                if isinstance(self._forward, DistributedDataParallel) and position + 1 < len(batches):
                    stack.enter_context(self._forward.no_sync())
                with autocast(self.precision, self.device):
                    loss, totals = self.task.loss(self._forward, batch)
                self.scaler.scale(loss / len(batches)).backward()
            self.totals = totals if self.totals is None else self.totals + totals
            loss_sum = loss.detach() if loss_sum is None else loss_sum + loss.detach()
        assert loss_sum is not None
        if self.recipe.clip_norm:
            self.scaler.unscale_(self.optimizer)
            nn.utils.clip_grad_norm_(self.model.parameters(), self.recipe.clip_norm)
        self.scaler.step(self.optimizer)
        self.scaler.update()
        self.optimizer.zero_grad()
        self.schedule.step()
        if self.average:
            self.average.update_parameters(self.model)
        self.step += 1
        self.guard.add(loss_sum / len(batches), epoch + 1, self.step)

    def _finish_epoch(self, epoch: int, rate: float) -> EpochRecord:
        assert self.totals is not None
        summary = self.task.summary(self.ranks.total(self.totals))
        images = summary.pop("images")
        record = EpochRecord(
            epoch=epoch + 1,
            learning_rate=rate,
            seconds=self.seconds,
            images_per_second=images / self.seconds,
            **summary,
        )
        if self.recipe.validate_every and (
            (epoch + 1) % self.recipe.validate_every == 0 or self.step == self.total_steps
        ):
            record = record.model_copy(update=self._validate(epoch + 1))
        self.history.append(record)
        self.totals, self.seconds = None, 0.0
        return record

    def _validate(self, epoch: int) -> dict[str, float]:
        self._share_buffers()
        found = self.task.validate(self.kept.eval())
        score = found[self.task.score]
        if self.best is None or score > self.best.score:
            weights = self.kept.state_dict() if self.recipe.select == "best" else None
            copied = {name: tensor.clone() for name, tensor in weights.items()} if weights else None
            self.best = Best(epoch, score, copied)
        return found

    def _share_buffers(self) -> None:
        """The running statistics that count are the first rank's."""
        if self.ranks.world > 1:
            for buffer in self.kept.buffers():
                torch.distributed.broadcast(buffer, 0)

    def _wrapped(self) -> nn.Module:
        forward: nn.Module = torch.compile(self.model) if self.recipe.compile else self.model  # type: ignore[assignment]
        if self.ranks.world == 1:
            return forward
        with warnings.catch_warnings():
            # Its new name is not known to older versions of torch.
            warnings.filterwarnings("ignore", message="`broadcast_buffers`", category=FutureWarning)
            # Some blocks have parameters without a gradient: the last block of a chain hands on to nobody.
            return DistributedDataParallel(forward, broadcast_buffers=False, find_unused_parameters=True)

    def _save_if_asked(self, stop: StopRequests, epoch: int) -> None:
        due = self.state is not None and time.monotonic() - self._saved_at > self.save_seconds
        if not self.ranks.any(stop.requested or due):
            return
        self._save(epoch)
        self._stop_if_asked(stop)

    def _stop_if_asked(self, stop: StopRequests) -> None:
        if self.ranks.any(stop.requested):
            raise Interrupted(self.step - self._started_at, warned=self.ranks.any(stop.warned))

    def _save(self, epoch: int) -> None:
        """Save a good state; every rank comes here, the first writes."""
        self.guard.look(epoch + 1, self.step)
        self.guard.look_at_weights(self.model, epoch + 1, self.step)
        totals = None if self.totals is None else self.ranks.total(self.totals)
        self._saved_at = time.monotonic()
        if self.state is None:
            return
        if self.ranks.rank == 0:
            self.state.save(self.step, self._state(totals), self.total_steps)
        self.ranks.wait()

    def _state(self, totals: list[float] | None) -> dict[str, Any]:
        return {
            "model": self.model.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "schedule": self.schedule.state_dict(),
            "scaler": self.scaler.state_dict(),
            "average": self.average.state_dict() if self.average else None,
            "guard": self.guard.state_dict(),
            "best": vars(self.best) if self.best else None,
            "history": [record.model_dump() for record in self.history],
            "totals": totals,
            "seconds": self.seconds,
        }
