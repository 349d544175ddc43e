"""Where and how arithmetic runs: device, precision, threads, memory format."""

import contextlib
from typing import Any, TypeVar

import torch
from torch import nn

from .errors import UserError
from .provenance import processor

Module = TypeVar("Module", bound=nn.Module)

#: What autocast casts to.
HALVES = {"bfloat16": torch.bfloat16, "float16": torch.float16}


def choose_device(name: str) -> torch.device:
    """The device of `auto`, `cpu` or `cuda`; UserError when it is not there."""
    if name == "auto":
        name = "cuda" if torch.cuda.is_available() else "cpu"
    if name == "cuda" and not torch.cuda.is_available():
        raise UserError("device: no CUDA GPU here; use device=cpu or device=auto")
    return torch.device(name)


def device_name(device: torch.device) -> str:
    """The GPU's name, or the processor's."""
    if device.type == "cuda":
        return torch.cuda.get_device_name(device)
    return processor()


def choose_precision(wanted: str, device: torch.device) -> str:
    """`float32` or `bfloat16`; `auto` takes bfloat16 only where it is computed in hardware.

    Processors without AVX-512 BF16 or AMX emulate bfloat16 several times slower than float32.
    """
    if wanted != "auto":
        return wanted
    if device.type == "cuda":
        fast = torch.cuda.is_bf16_supported(including_emulation=False)
    else:
        flags = torch.cpu.get_capabilities()
        fast = bool(flags.get("avx512_bf16") or flags.get("amx_bf16"))
    return "bfloat16" if fast else "float32"


def autocast(precision: str, device: torch.device) -> contextlib.AbstractContextManager[Any]:
    """Autocast to `bfloat16` or `float16`, or nothing for `float32`."""
    if precision == "float32":
        return contextlib.nullcontext()
    return torch.autocast(device.type, HALVES[precision])


def memory_format(channels_last: bool) -> torch.memory_format:
    return torch.channels_last if channels_last else torch.contiguous_format


def place(module: Module, device: torch.device, channels_last: bool) -> Module:
    """The module on a device, its weights in the given layout."""
    return module.to(device).to(memory_format=memory_format(channels_last))
