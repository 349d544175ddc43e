"""What the launcher's tests start as ranks: `example_rank.py DOING`."""

import os
import signal
import sys
import time
import warnings
from datetime import timedelta
from pathlib import Path

import torch
import torch.distributed as dist

from dcanet.distributed import ranks as module
from dcanet.distributed.ranks import Ranks, join
from dcanet.errors import UserError
from dcanet.signals import CONTINUE
from dcanet.training.interruption import StopRequests


def answer(ranks: Ranks) -> None:
    """Every kind of exchange; rank 0 prints what came of it."""
    value = torch.tensor(ranks.rank + 1.0)
    dist.all_reduce(value)
    flags = [ranks.any(False), ranks.any(ranks.rank == 1), ranks.any(True)]
    gathered = ranks.gather({"rank": ranks.rank})
    ranks.barrier()
    warnings.warn("said by all ranks", stacklevel=1)
    print(f"only rank {ranks.rank} warns", file=sys.stderr)
    print(f"{ranks.world} {value.item()} {flags} {gathered}", flush=True)


def one_fails(ranks: Ranks, how: str) -> None:
    """Rank 1 goes while rank 0 waits for it in a collective."""
    ranks.barrier()
    if ranks.rank == 1:
        if how == "leaves":
            return
        if how == "hangs":
            os.kill(os.getpid(), signal.SIGSTOP)
        if how == "killed":
            os.kill(os.getpid(), signal.SIGKILL)
        raise ValueError("no such thing")
    dist.all_reduce(torch.ones(1000))


def all_stop(ranks: Ranks, folder: Path) -> int:
    """Steps until somebody is asked to stop; then each saves, slowly, and asks to be continued."""
    with StopRequests() as stop:
        ranks.barrier()
        (folder / f"started{ranks.rank}").touch()
        while not ranks.any(stop.requested):
            time.sleep(0.01)
        time.sleep(0.3)
        (folder / f"saved{ranks.rank}").touch()
    return CONTINUE


def main(doing: str, *rest: str) -> int:
    if doing == "hangs":
        module.TIMEOUT = timedelta(seconds=4)
    with join(torch.device("cpu")) as ranks:
        if doing == "answer":
            answer(ranks)
        elif doing == "stop":
            return all_stop(ranks, Path(rest[0]))
        else:
            one_fails(ranks, doing)
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main(*sys.argv[1:]))
    except UserError as error:
        print(f"dcanet: {error.line()}", file=sys.stderr)
        sys.exit(1)
