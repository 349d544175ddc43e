"""Gives the jobs of one machine distinct GPUs, by lock files that the kernel frees when a job dies."""

import contextlib
import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from filelock import FileLock, Timeout

from ..errors import UserError
from .launch import is_rank

#: Seconds between two looks at whether a GPU has become free.
_INTERVAL = 0.5
_VISIBLE = "CUDA_VISIBLE_DEVICES"


@dataclass(frozen=True)
class Gpu:
    """A GPU or MIG slice: `name` is for CUDA_VISIBLE_DEVICES, `lock` the same whichever name was used."""

    name: str
    lock: str


@contextlib.contextmanager
def claim_gpus(count: int, device: str) -> Iterator[list[str]]:
    """Take `count` GPUs that no other job has, and make them the only visible ones meanwhile.

    Must come before CUDA is first looked at in this process. Takes all or, with a line on standard error,
    waits for them; chooses among those of CUDA_VISIBLE_DEVICES where that is set, as schedulers do. Yields
    no names, and changes nothing, for `device` "cpu", for "auto" without a GPU, and in a rank, whose
    launcher has claimed.

    Raises:
        UserError: no GPU for "cuda", or fewer than `count`.
    """
    visible = [] if device == "cpu" or is_rank() else visible_gpus()
    if not visible:
        if device == "cuda" and not is_rank():
            raise UserError(_no_gpu())
        yield []
        return
    if count > len(visible):
        raise UserError(
            f"processes: {count} need a GPU each, visible are {len(visible)} ({_names(visible)}); "
            f"use at most {len(visible)}, or device=cpu"
        )
    with contextlib.ExitStack() as held:
        names = [gpu.name for gpu in _take(count, visible, held)]
        held.callback(_set_visible, os.environ.get(_VISIBLE))
        _set_visible(",".join(names))
        yield names


def visible_gpus() -> list[Gpu]:
    """The GPUs and MIG slices that CUDA would see; empty without any.

    Numbers are taken to be nvidia-smi's: between unlike GPUs, set CUDA_DEVICE_ORDER=PCI_BUS_ID.
    """
    by_number, all_gpus = _from_nvidia_smi()
    listed = os.environ.get(_VISIBLE)
    if listed is None:
        return [Gpu(unique, unique) for unique in all_gpus]
    found = []
    for name in (part.strip() for part in listed.split(",")):
        # As CUDA reads it: the first that is no device ends the list.
        if not re.fullmatch(r"\d+|(GPU|MIG)-[\w/-]+", name):
            break
        full = [unique for unique in (*by_number.values(), *all_gpus) if unique.startswith(name)]
        found.append(Gpu(name, by_number.get(name, full[0] if full else name)))
    return list({gpu.lock: gpu for gpu in found}.values())


def _take(count: int, visible: list[Gpu], held: contextlib.ExitStack) -> list[Gpu]:
    folder = _lock_folder()
    waiting = False
    while True:
        # One job looks at a time, and holds all it needs or nothing: two jobs cannot wait for each other.
        with FileLock(folder / "choosing.lock"), contextlib.ExitStack() as attempt:
            taken: list[Gpu] = []
            for gpu in visible:
                if len(taken) < count:
                    with contextlib.suppress(Timeout):
                        lock = FileLock(folder / f"{gpu.lock.replace('/', '_')}.lock")
                        attempt.enter_context(lock.acquire(blocking=False))
                        taken.append(gpu)
            if len(taken) == count:
                held.push(attempt.pop_all())
                return taken
        if not waiting:
            print(
                f"dcanet: waiting for {count} of the GPU(s) {_names(visible)}, which other jobs have taken",
                file=sys.stderr,
                flush=True,
            )
            waiting = True
        time.sleep(_INTERVAL)


def _from_nvidia_smi() -> tuple[dict[str, str], list[str]]:
    """GPU number -> unique name; and the unique names of all that can be used, MIG slices for their GPU."""
    try:
        command = ["nvidia-smi", "-L"]
        listing = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60).stdout
    except (OSError, subprocess.SubprocessError):
        return {}, []
    by_number: dict[str, str] = {}
    usable: list[str] = []
    for line in listing.splitlines():
        unique = re.search(r"\(UUID: ([\w/-]+)\)", line)
        if unique is None:
            continue
        if number := re.match(r"GPU (\d+):", line):
            by_number[number[1]] = unique[1]
        elif usable and usable[-1] in by_number.values():
            usable.pop()
        usable.append(unique[1])
    return by_number, usable


def _lock_folder() -> Path:
    """DCANET_GPU_LOCKS, else a folder of this user's among the temporary files."""
    given = os.environ.get("DCANET_GPU_LOCKS")
    folder = Path(given) if given else Path(tempfile.gettempdir()) / f"dcanet-gpus-{os.getuid()}"
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise UserError(f"{folder}: cannot be made ({error.strerror}); set DCANET_GPU_LOCKS") from error
    if folder.stat().st_uid != os.getuid():
        raise UserError(f"{folder}: belongs to another user; set DCANET_GPU_LOCKS to a folder of yours")
    return folder


def _set_visible(names: str | None) -> None:
    if names is None:
        os.environ.pop(_VISIBLE, None)
    else:
        os.environ[_VISIBLE] = names


def _no_gpu() -> str:
    listed = os.environ.get(_VISIBLE)
    reason = f" ({_VISIBLE} is {listed!r})" if listed is not None else ""
    return f"device: no CUDA GPU here{reason}; use device=cpu or device=auto"


def _names(gpus: list[Gpu]) -> str:
    return ", ".join(gpu.name for gpu in gpus)
