"""What torch's tracer is shown of the models."""

import torch


def is_traced() -> bool:
    """Whether torch's tracer follows, as cost counters have it.

    They see the published form of what is else computed in a cheaper one that equals it.
    """
    return torch.jit.is_tracing()
