"""The processes that train one model together, as one of them sees the others."""

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import torch
import torch.distributed as dist

from ..errors import UserError
from .launch import TIME_TO_SAVE, is_rank
from .output import LOST_CONTACT

#: The longest that a rank waits for the others, in a collective or for their start.
TIMEOUT = timedelta(seconds=60)
#: The same where one rank works alone: as long as the launcher waits for a state to be saved.
PATIENCE = timedelta(seconds=TIME_TO_SAVE)

#: What gloo, NCCL and the store say when it is another rank that has gone.
_PEER_GONE = re.compile(
    r"closed by peer|reset by peer|broken pipe|timed? ?out|timeout|remote process exited|"
    r"connection (was )?(closed|refused|reset)|failed to recv|nccl communicator was aborted",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Ranks:
    """This process among `world` ones, numbered from 0; `local_rank` counts within its machine."""

    rank: int = 0
    world: int = 1
    local_rank: int = 0
    control: dist.ProcessGroup | None = None
    patient: dist.ProcessGroup | None = None

    def times(self, arithmetic: str) -> str:
        """How provenance names what every rank computes with: "2 x cpu float32"."""
        return f"{self.world} x {arithmetic}" if self.world > 1 else arithmetic

    def barrier(self) -> None:
        """Wait until every rank has come here."""
        if self.world > 1:
            dist.barrier(group=self.control)

    def wait(self) -> None:
        """As `barrier`, where one rank may work alone for minutes: to list a data set, to save."""
        if self.world > 1:
            dist.barrier(group=self.patient)

    def agree(self, number: int) -> bool:
        """Whether all ranks have the same number; the same answer on all."""
        if self.world == 1:
            return True
        extremes = torch.tensor([number, -number])
        dist.all_reduce(extremes, dist.ReduceOp.MAX, group=self.control)
        return bool(extremes.sum() == 0)

    def any(self, flag: bool) -> bool:
        """Whether the flag is set on any rank; the same answer on all, about 0.1 ms on one machine."""
        if self.world == 1:
            return flag
        flags = torch.tensor(flag, dtype=torch.uint8)
        dist.all_reduce(flags, dist.ReduceOp.MAX, group=self.control)
        return bool(flags)

    def total(self, numbers: torch.Tensor) -> list[float]:
        """The sum over all ranks of tensors on their devices, on every rank; the tensor stays as it is."""
        if self.world == 1:
            return numbers.tolist()
        summed = numbers.clone()
        dist.all_reduce(summed)
        return summed.tolist()

    def gather(self, value: Any) -> list[Any] | None:
        """The picklable values of all ranks, by rank, on rank 0; None on the others."""
        if self.world == 1:
            return [value]
        values: list[Any] | None = [None] * self.world if self.rank == 0 else None
        dist.gather_object(value, values, group_dst=0, group=self.control)
        return values


@contextmanager
def join(device: torch.device) -> Iterator[Ranks]:
    """Meet the other ranks; the default process group is NCCL's for CUDA and gloo's otherwise.

    On CUDA this rank's GPU becomes the current one. `launch`, torchrun, or any starter that sets RANK,
    WORLD_SIZE, LOCAL_RANK, MASTER_ADDR and MASTER_PORT says who the others are; without them, or with a
    world of one, no process group is made.

    Raises:
        UserError: fewer GPUs than ranks on this machine; another rank has ended or been silent for a minute.
    """
    ranks = _from_environment()
    if device.type == "cuda":
        _take_gpu(ranks.local_rank)
    if ranks.world == 1:
        yield ranks
        return
    # After an error of its own a rank's connections stay open until it ends: closed earlier, the others would
    # fail and end first, and hide the rank that is to blame.
    destroy = True
    try:
        dist.init_process_group("nccl" if device.type == "cuda" else "gloo", timeout=TIMEOUT)
        control = dist.new_group(backend="gloo", timeout=TIMEOUT)
        patient = dist.new_group(backend="gloo", timeout=PATIENCE)
        assert isinstance(control, dist.ProcessGroup)
        assert isinstance(patient, dist.ProcessGroup)
        yield Ranks(ranks.rank, ranks.world, ranks.local_rank, control, patient)
    except Exception as error:
        lost_contact = _is_about_another(error)
        # gloo aborts the process at its end while something is unfinished; NCCL would wait for it here.
        destroy = lost_contact and device.type == "cpu"
        if lost_contact:
            reason = str(error).strip().splitlines()[0]
            raise UserError(f"rank {ranks.rank}: {LOST_CONTACT} ({reason}); see its own error") from error
        raise
    finally:
        if destroy and dist.is_initialized():
            dist.destroy_process_group()


def _from_environment() -> Ranks:
    if not is_rank():
        return Ranks()
    rank, world, local_rank = (int(os.environ[name]) for name in ("RANK", "WORLD_SIZE", "LOCAL_RANK"))
    return Ranks(rank, world, local_rank)


def _is_about_another(error: Exception) -> bool:
    of_distributed = isinstance(error, dist.DistError) or "gloo" in str(error)
    return of_distributed and _PEER_GONE.search(str(error)) is not None


def _take_gpu(local_rank: int) -> None:
    visible = torch.cuda.device_count()
    if local_rank >= visible:
        raise UserError(
            f"device: process {local_rank + 1} of this machine finds only {visible} GPU(s); start {visible}"
        )
    torch.cuda.set_device(local_rank)
