"""Selective Kernels (arXiv 1903.06586): two branches of different reach, weighted per channel."""

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn

from ..connection import Connection, Join, match_vectors, merging
from ..layers import ConvNormAct, narrowed, weights
from ..tracing import is_traced
from .base import Attention, Size, over_space
from .pooling import pool


class SelectiveKernel(Attention):
    """A 3x3 and a dilated 3x3 convolution, mixed by a softmax over the two; replaces a 3x3 convolution.

    `hand_on` is "pooled" (the pooled, weighted branches; ResNet) or "gates" (the softmax weights
    themselves; the released MobileNetV2 code). Extraction, attention and hand-on are (N, 2, C).
    """

    replaces_convolution = True
    hands_on = "pooled"
    on_vectors = True

    def __init__(
        self,
        channels: int,
        reduction: int = 16,
        stride: int = 1,
        groups: int = 1,
        activation: type[nn.Module] = nn.ReLU,
        channels_in: int | None = None,
    ) -> None:
        super().__init__(channels)
        self.reduction = reduction
        self.branches = nn.ModuleList(
            ConvNormAct(channels_in or channels, channels, 3, stride, groups, activation, dilation)
            for dilation in (1, 2)
        )
        hidden = narrowed(channels, reduction)
        self.select = nn.Sequential(
            nn.Conv2d(channels, hidden, kernel_size=1, bias=False),
            nn.BatchNorm2d(hidden),
            nn.ReLU(inplace=True),
            nn.Conv2d(hidden, 2 * channels, kernel_size=1, bias=False),
        )

    def connect_to(
        self, previous_channels: int | None, merge: str = "weighted", hand_on: str = "pooled", **options: Any
    ) -> None:
        if hand_on not in ("pooled", "gates"):
            raise ValueError(f"hand_on of SK must be 'pooled' or 'gates', not {hand_on!r}")
        self.hands_on = hand_on
        super().connect_to(previous_channels, merge, **options)

    def make_connection(self, previous_channels: int, merge: str, matching: str = "one_layer") -> nn.Module:
        return nn.ModuleList(
            Connection(
                merging(merge, lambda: Join(self.channels)),
                match_vectors(previous_channels, self.channels, matching, self.reduction),
            )
            for _ in self.branches
        )

    def forward(self, features: Tensor, previous: Tensor | None = None) -> tuple[Tensor, Any]:
        return super().forward([branch(features) for branch in self.branches], previous)

    def own_macs(self, height: int, width: int) -> int:
        """Both branches, and 3 C^2 / reduction."""
        branches: list[Any] = list(self.branches)
        return sum(branch.macs(height, width) for branch in branches) + weights(self.select)

    def connection_macs(self, size: Size, previous: Size) -> int:
        """The connections of both branches."""
        assert isinstance(self.connection, nn.ModuleList)
        connections: list[Any] = list(self.connection)
        return sum(connection.macs() for connection in connections)

    def extract(self, features: Sequence[Tensor]) -> Tensor:
        return torch.stack([pool(branch) for branch in features], dim=1)  # (N, 2, C)

    def connect(self, extracted: Tensor, previous: Tensor) -> Tensor:
        assert isinstance(self.connection, nn.ModuleList)
        joined = [connection(extracted[:, k], previous[:, k]) for k, connection in enumerate(self.connection)]
        return torch.stack(joined, dim=1)

    def transform(self, extracted: Tensor) -> Tensor:
        n, branches, channels = extracted.shape
        scores = self.select(over_space(extracted.sum(dim=1)))  # (N, 2C, 1, 1)
        return scores.view(n, branches, channels).softmax(dim=1)

    def fuse(self, features: Sequence[Tensor], attention: Tensor) -> Tensor:
        first, second = features
        gates = [over_space(attention[:, k]).to(first.dtype) for k in range(2)]
        weighted = self.multiply(first, gates[0])
        out = weighted if self.in_place else None
        return torch.addcmul(weighted, second, gates[1], out=out)

    def hand_on(
        self, features: Sequence[Tensor], extracted: Tensor, attention: Tensor, refined: Tensor
    ) -> Tensor:
        if self.hands_on == "gates":
            return attention
        if is_traced():
            # The published cost of this form has the weighted branches pooled again.
            return self.extract([branch * over_space(attention[:, k]) for k, branch in enumerate(features)])
        return attention * extracted
