"""Global Context (arXiv 1904.11492): one attention-pooled context added to every position."""

from typing import Any

import torch
from torch import Tensor, nn

from ..connection import Connection, ScaledSum
from .base import Attention


def bottleneck(channels_in: int, channels: int, reduction: int) -> nn.Sequential:
    """1x1 convolution, LayerNorm, ReLU, 1x1 convolution on an (N, channels_in, 1, 1) context."""
    hidden = channels // reduction
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

    def __init__(self, channels: int, previous_channels: int | None = None, reduction: int = 16) -> None:
        super().__init__()
        self.mask = nn.Conv2d(channels, 1, kernel_size=1)
        self.context = bottleneck(channels, channels, reduction)
        # The block starts as the identity, as its paper has it; a backbone may overwrite the weights.
        for module, name in ((self.mask, "bias"), (self.context, "3.weight"), (self.context, "3.bias")):
            nn.init.zeros_(module.get_parameter(name))
        self.connection = None
        if previous_channels is not None:
            match = None
            if previous_channels != channels:
                match = bottleneck(previous_channels, channels, reduction)
            self.connection = Connection(ScaledSum(), match)

    def extract(self, features: Tensor) -> Tensor:
        weights = self.mask(features).flatten(2).softmax(dim=2)  # (N, 1, HW)
        context = torch.matmul(features.flatten(2), weights.transpose(1, 2))  # (N, C, 1)
        return context.unsqueeze(3)  # (N, C, 1, 1)

    def transform(self, extracted: Tensor) -> Tensor:
        return self.context(extracted)

    def fuse(self, features: Tensor, attention: Tensor) -> Tensor:
        return features + attention

    def hand_on(self, features: Any, extracted: Tensor, attention: Tensor, refined: Tensor) -> Tensor:
        return attention
