"""Gather-Excite θ- (arXiv 1810.12348): the parameter-free form with global extent."""

import torch
from torch import Tensor

from .channel import ChannelAttention


class GatherExcite(ChannelAttention):
    """sigmoid(GAP(F)) over the channels; no parameters of its own.

    Connected, every gate but the network's first is at least 0.5, because the join ends in a ReLU.
    """

    on_vectors = True

    def transform(self, extracted: Tensor) -> Tensor:
        return torch.sigmoid(extracted)

    def own_macs(self, height: int, width: int) -> int:
        """None: there are no layers."""
        return 0
