"""SimAM (Yang et al., ICML 2021): a gate for every value from an energy; no parameters."""

from typing import Any

import torch
from torch import Tensor, nn

from ..connection import Join
from .base import over_space
from .channel import ChannelAttention
from .pooling import pool

#: lambda of the energy, as in the paper.
REGULARISATION = 1e-4

#: A map and its squared deviations from the mean of each channel, (N, C, H, W) each.
Deviating = tuple[Tensor, Tensor]


class SimAM(ChannelAttention):
    """sigmoid((x - mean)^2 / (4 (variance + 1e-4)) + 1/2) at every place of every channel.

    The argument is the inverse of the paper's minimal energy (its equation 5). Where a value stands out of
    its channel is a matter of the value; by how much values of the channel stand out at all is the channel's
    variance. So that is the extraction, (N, C), the transformation makes it the sharpness
    1 / (4 (variance + 1e-4)), and fusion gates every value by its own deviation.

    The connection is ours, the paper of SimAM has none. It joins variances, and hands on the variance of the
    refined map: what would be extracted from it, which for SE is the attention times extraction. That product
    itself would say nothing here, being 1/4 wherever there is a variance. The join is added to the variance,
    since it ends in a ReLU and a variance of 0 would be infinitely sharp.
    """

    def forward(self, features: Tensor, previous: Tensor | None = None) -> tuple[Tensor, Any]:
        return super().forward(deviating(features), previous)

    def make_join(self, bias: bool) -> nn.Module:
        return AddedJoin(self.channels, bias)

    def extract(self, features: Deviating) -> Tensor:
        squares = features[1]
        # The energy of a value is about the others of its channel; a map of one value has none.
        others = max(squares.shape[2] * squares.shape[3] - 1, 1)
        return squares.sum(dim=(2, 3)) / others  # (N, C)

    def transform(self, extracted: Tensor) -> Tensor:
        return (4 * (extracted + REGULARISATION)).reciprocal()

    def fuse(self, features: Deviating, attention: Tensor) -> Tensor:
        values, squares = features
        sharpness = over_space(attention).to(squares.dtype)
        return self.multiply(values, torch.sigmoid(squares * sharpness + 0.5))

    def hand_on(self, features: Any, extracted: Tensor, attention: Tensor, refined: Tensor) -> Tensor:
        return self.extract(deviating(refined))

    def own_macs(self, height: int, width: int) -> int:
        """None: there are no layers."""
        return 0


class AddedJoin(Join):
    """current + ReLU(LN(w1 current + w2 previous + b)): at least as large as the current."""

    def forward(self, current: Tensor, previous: Tensor) -> Tensor:
        return current + super().forward(current, previous)


def deviating(features: Tensor) -> Deviating:
    """A map (N, C, H, W) with its squared deviations."""
    return features, (features - over_space(pool(features))).square()
