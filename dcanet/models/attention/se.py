"""Squeeze-and-Excitation (arXiv 1709.01507): a gate per channel from the pooled channels."""

from torch import Tensor, nn

from ..layers import narrowed, weights
from .channel import ChannelAttention


class SqueezeExcitation(ChannelAttention):
    """sigmoid(W2 ReLU(W1 GAP(F))) over the channels; 2 C^2 / reduction weights."""

    on_vectors = True

    def __init__(self, channels: int, reduction: int = 16) -> None:
        super().__init__(channels)
        self.reduction = reduction
        hidden = narrowed(channels, reduction)
        self.gate = nn.Sequential(
            nn.Linear(channels, hidden), nn.ReLU(inplace=True), nn.Linear(hidden, channels), nn.Sigmoid()
        )

    def transform(self, extracted: Tensor) -> Tensor:
        return self.gate(extracted)

    def own_macs(self, height: int, width: int) -> int:
        """2 C^2 / reduction."""
        return weights(self.gate)
