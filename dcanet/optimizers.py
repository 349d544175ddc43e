"""torch's optimisers without the import of torch's compiler."""

import inspect
from typing import Any, TypeVar

import torch

Kind = TypeVar("Kind", bound=torch.optim.Optimizer)


def uncompiled(kind: type[Kind]) -> type[Kind]:
    """The same optimiser, for steps that `torch.compile` has no part in.

    torch wraps these methods to tell its compiler to leave them alone, and imports it to say so, the first
    time that one is called: a second or two at the start of every training. `step` has no gradients there.
    """
    spared = ("add_param_group", "zero_grad", "state_dict", "load_state_dict")
    methods: dict[str, Any] = {name: inspect.unwrap(getattr(kind, name)) for name in spared}
    methods["step"] = torch.no_grad()(inspect.unwrap(kind.step))
    return type(kind.__name__, (kind,), methods)


SGD = uncompiled(torch.optim.SGD)
AdamW = uncompiled(torch.optim.AdamW)
