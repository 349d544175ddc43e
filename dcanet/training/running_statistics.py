"""BatchNorm's running statistics where a step has several micro-batches."""

import contextlib
from collections.abc import Iterator

from torch import nn
from torch.nn.modules.batchnorm import _BatchNorm


@contextlib.contextmanager
def kept_as_they_are(model: nn.Module) -> Iterator[None]:
    """Train on batch statistics without moving the running ones.

    Only the first micro-batch of a step moves them, on whatever device it is. So they advance once a step at
    the recipe's momentum, as in the authors' runs, where the weights of the first of eight devices were kept,
    and one device that accumulates ends with the same ones as several.
    """
    norms = [module for module in model.modules() if isinstance(module, _BatchNorm)]
    for norm in norms:
        norm.track_running_stats = False
    try:
        yield
    finally:
        for norm in norms:
            norm.track_running_stats = True
