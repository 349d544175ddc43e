"""Random choice of the candidates that a loss looks at (Faster R-CNN, arXiv 1506.01497, section 3.1.3)."""

import torch
from torch import Tensor

from .assigner import BACKGROUND


def sample(assigned: Tensor, count: int, positive_share: float) -> tuple[Tensor, Tensor]:
    """Indices of at most `count` candidates: positives up to their share, background for the rest.

    Draws from torch's global generator, on the CPU so that every device gets the same sample.
    """
    positives = _draw((assigned > BACKGROUND).nonzero().flatten(), int(count * positive_share))
    negatives = _draw((assigned == BACKGROUND).nonzero().flatten(), count - len(positives))
    return positives, negatives


def _draw(indices: Tensor, count: int) -> Tensor:
    if len(indices) <= count:
        return indices
    return indices[torch.randperm(len(indices))[:count].to(indices.device)]
