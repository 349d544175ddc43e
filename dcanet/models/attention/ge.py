"""Gather-Excite θ- (arXiv 1810.12348): the parameter-free form with global extent."""

import torch
from torch import Tensor

from ..connection import Connection, Join, match_vectors
from .base import Attention, over_space
from .pooling import pool


class GatherExcite(Attention):
    """sigmoid(GAP(F)) over the channels; no parameters of its own.

    Connected, every gate but the network's first is at least 0.5, because the join ends in a ReLU.
    """

    def __init__(
        self,
        channels: int,
        previous_channels: int | None = None,
        reduction: int = 16,
        matching: str = "one_layer",
    ) -> None:
        super().__init__()
        self.connection = None
        if previous_channels is not None:
            match = match_vectors(previous_channels, channels, matching, reduction)
            self.connection = Connection(Join(channels), match)

    def extract(self, features: Tensor) -> Tensor:
        return pool(features)

    def transform(self, extracted: Tensor) -> Tensor:
        return torch.sigmoid(extracted)

    def fuse(self, features: Tensor, attention: Tensor) -> Tensor:
        return self.multiply(features, over_space(attention))

    def own_macs(self, height: int, width: int) -> int:
        """None: there are no layers."""
        return 0
