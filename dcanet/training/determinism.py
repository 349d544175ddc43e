"""Deterministic operations, and a list of those that have no deterministic form."""

import os
import re
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch

_OP = re.compile(r"(\S+) does not have a deterministic implementation")


@contextmanager
def deterministic_operations(wanted: bool) -> Iterator[list[str]]:
    """While entered, torch takes deterministic operations where `wanted`.

    The list fills with the names of the operations used that have none; they run all the same.
    """
    found: list[str] = []
    if not wanted:
        torch.backends.cudnn.benchmark = True
        yield found
        return
    # cuBLAS reads it when CUDA starts.
    os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")
    show = warnings.showwarning

    def collect(message: Warning | str, *arguments: Any, **more: Any) -> None:
        match = _OP.search(str(message))
        if match is None:
            show(message, *arguments, **more)
        elif match[1] not in found:
            found.append(match[1])

    before = torch.are_deterministic_algorithms_enabled()
    with warnings.catch_warnings():
        warnings.filterwarnings("always", message=_OP.pattern.replace(r"(\S+)", ".*"))
        warnings.showwarning = collect
        torch.use_deterministic_algorithms(True, warn_only=True)
        try:
            yield found
        finally:
            torch.use_deterministic_algorithms(before)
