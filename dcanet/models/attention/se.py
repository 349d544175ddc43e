"""Squeeze-and-Excitation (arXiv 1709.01507): a gate per channel from the pooled channels."""

from torch import Tensor, nn

from ..connection import Connection, Join, match_vectors
from ..layers import weights
from .base import Attention, over_space
from .pooling import pool


class SqueezeExcitation(Attention):
    """sigmoid(W2 ReLU(W1 GAP(F))) over the channels; 2 C^2 / reduction weights."""

    def __init__(
        self,
        channels: int,
        previous_channels: int | None = None,
        reduction: int = 16,
        matching: str = "one_layer",
        join_bias: bool = True,
    ) -> None:
        super().__init__()
        hidden = channels // reduction
        self.gate = nn.Sequential(
            nn.Linear(channels, hidden), nn.ReLU(inplace=True), nn.Linear(hidden, channels), nn.Sigmoid()
        )
        self.connection = None
        if previous_channels is not None:
            match = match_vectors(previous_channels, channels, matching, reduction)
            self.connection = Connection(Join(channels, join_bias), match)

    def extract(self, features: Tensor) -> Tensor:
        return pool(features)

    def transform(self, extracted: Tensor) -> Tensor:
        return self.gate(extracted)

    def fuse(self, features: Tensor, attention: Tensor) -> Tensor:
        return self.multiply(features, over_space(attention))

    def own_macs(self, height: int, width: int) -> int:
        """2 C^2 / reduction."""
        return weights(self.gate)
