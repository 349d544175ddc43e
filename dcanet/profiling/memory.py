"""The most memory that a network takes while it works."""

import ctypes
import re
from collections.abc import Callable, Iterable
from pathlib import Path

import torch
from torch import Tensor

PROCESS = Path("/proc/self")


def peak_memory(
    call: Callable[[], object], held: Iterable[Tensor], device: torch.device, synchronize: Callable[[], None]
) -> int | None:
    """Bytes that the `held` tensors take with what comes on top while `call` runs; None where unknown.

    On a GPU what torch's allocator handed out. On a CPU the growth of the resident memory of the process,
    which Linux and glibc tell: feature maps with the operations' own working memory. So `call` must have run
    before, or what it loads for the first time would count.
    """
    inputs = sum(tensor.numel() * tensor.element_size() for tensor in held)
    if device.type == "cuda":
        before = torch.cuda.memory_allocated(device)
        torch.cuda.reset_peak_memory_stats(device)
        call()
        synchronize()
        return inputs + torch.cuda.max_memory_allocated(device) - before
    try:
        # Memory that was freed but not handed back would be taken again without being seen.
        ctypes.CDLL(None).malloc_trim(0)
        (PROCESS / "clear_refs").write_text("5")  # the peak starts anew (man 5 proc)
        before = _resident("VmRSS")
        call()
        return inputs + max(0, _resident("VmHWM") - before)
    except (OSError, AttributeError, TypeError):
        return None


def _resident(key: str) -> int:
    found = re.search(rf"^{key}:\s*(\d+) kB", (PROCESS / "status").read_text(), re.MULTILINE)
    return int(found[1]) * 1024 if found else 0
