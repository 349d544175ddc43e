"""Global Context (arXiv 1904.11492): one attention-pooled context added to every position."""

from typing import Any

import torch
from torch import Tensor, nn

from ..connection import Connection, ScaledSum, merging
from ..layers import narrowed, weights
from .base import Attention
from .softmax_average import softmax_average


def bottleneck(channels_in: int, channels: int, reduction: int) -> nn.Sequential:
    """1x1 convolution, LayerNorm, ReLU, 1x1 convolution on an (N, channels_in, 1, 1) context."""
    hidden = narrowed(channels, reduction)
    return nn.Sequential(
        nn.Conv2d(channels_in, hidden, kernel_size=1),
        nn.LayerNorm([hidden, 1, 1]),
        nn.ReLU(inplace=True),
        nn.Conv2d(hidden, channels, kernel_size=1),
    )


class GlobalContext(Attention):
    """F + V2 ReLU(LN(V1 sum_j softmax(mask)_j F_j)).

    The released DCA form hands on the added term itself and merges it with one scalar.
    """

    def __init__(self, channels: int, reduction: int = 16) -> None:
        super().__init__(channels)
        self.reduction = reduction
        self.mask = nn.Conv2d(channels, 1, kernel_size=1)
        self.context = bottleneck(channels, channels, reduction)
        # The block starts as the identity, as its paper has it; a backbone may overwrite the weights.
        for module, name in ((self.mask, "bias"), (self.context, "3.weight"), (self.context, "3.bias")):
            nn.init.zeros_(module.get_parameter(name))

    def make_connection(self, previous_channels: int, merge: str) -> nn.Module:
        match = None
        if previous_channels != self.channels:
            match = bottleneck(previous_channels, self.channels, self.reduction)
        return Connection(merging(merge, ScaledSum), match)

    @torch.no_grad()
    def scale_context(self, gain: float) -> None:
        """Scale the weights of the last layer of what is added to the features."""
        self.context[3].get_parameter("weight").mul_(gain)

    def extract(self, features: Tensor) -> Tensor:
        context = softmax_average(features, self.mask.weight, self.mask.get_parameter("bias"))
        return context.transpose(1, 2).unsqueeze(3)  # (N, C, 1, 1)

    def transform(self, extracted: Tensor) -> Tensor:
        return self.context(extracted)

    def fuse(self, features: Tensor, attention: Tensor) -> Tensor:
        return features.add_(attention) if self.in_place else features + attention

    def hand_on(self, features: Any, extracted: Tensor, attention: Tensor, refined: Tensor) -> Tensor:
        return attention

    def own_macs(self, height: int, width: int) -> int:
        """2 C H W for the mask and the weighted sum, and 2 C^2 / reduction."""
        return 2 * self.mask.in_channels * height * width + weights(self.context)
