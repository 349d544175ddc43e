"""What torch's tracer is shown of the models."""

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import Tensor

_shown = False


def is_traced() -> bool:
    """Whether torch's tracer follows, as cost counters have it, or somebody looks.

    They see the published form of what is else computed in a cheaper one that equals it.
    """
    return _shown or torch.jit.is_tracing()


def is_eager_on_cpu(x: Tensor) -> bool:
    """Whether an operation is only run, and on a processor: nobody traces, compiles or looks."""
    return x.device.type == "cpu" and not is_traced() and not torch.compiler.is_compiling()


@contextmanager
def published_form() -> Iterator[None]:
    """Have the models computed in their published form while this lasts."""
    global _shown
    before, _shown = _shown, True
    try:
        yield
    finally:
        _shown = before
