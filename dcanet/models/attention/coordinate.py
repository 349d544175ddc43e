"""Coordinate Attention (arXiv 2103.02907): gates along the height and along the width."""

from typing import Any

import torch
from torch import Tensor, nn

from ..layers import weights
from .base import Size
from .channel import ChannelAttention
from .pooling import pool_windows

#: Of rows (N, C, H) and of columns (N, C, W).
Directions = tuple[Tensor, Tensor]


class CoordinateAttention(ChannelAttention):
    """x_cij sigmoid(F_h(f_h))_ci sigmoid(F_w(f_w))_cj, where [f_h, f_w] = h_swish(BN(F_1([rows, columns]))).

    Rows are the means over the width, columns those over the height. F_1 takes C channels to
    max(8, C / reduction), F_h and F_w take them back.

    The two directions are two attention dimensions, as CBAM's gates are, and each has a chain of its own:
    what was extracted along it, times its gate. At every position of a direction the connection is that of SE
    over the channels, with the same weights at all positions; a longer previous map is averaged to this
    length first.
    """

    def __init__(self, channels: int, reduction: int = 32) -> None:
        super().__init__(channels)
        hidden = max(8, channels // reduction)
        self.shared = nn.Sequential(
            nn.Conv2d(channels, hidden, kernel_size=1, bias=False), nn.BatchNorm2d(hidden), nn.Hardswish()
        )
        self.gates = nn.ModuleList(nn.Conv2d(hidden, channels, kernel_size=1) for _ in range(2))

    def make_connection(self, *args: Any, **options: Any) -> nn.Module:
        make = super().make_connection
        return nn.ModuleList(make(*args, **options) for _ in range(2))

    def extract(self, features: Tensor) -> Directions:
        return features.mean(dim=3), features.mean(dim=2)

    def connect(self, extracted: Directions, previous: Directions) -> Directions:
        assert isinstance(self.connection, nn.ModuleList)
        # A longer previous map is averaged to this length.
        handed = [
            pool_windows(direction.unsqueeze(3), now.shape[2], 1).squeeze(3)
            for direction, now in zip(previous, extracted, strict=True)
        ]
        rows, columns = map(connected_along, self.connection, extracted, handed)
        return rows, columns

    def transform(self, extracted: Directions) -> Directions:
        lengths = [direction.shape[2] for direction in extracted]
        both = self.shared(torch.cat(extracted, dim=2).unsqueeze(3))  # (N, hidden, H + W, 1)
        along = zip(self.gates, both.split(lengths, dim=2), strict=True)
        rows, columns = (torch.sigmoid(gate(direction).squeeze(3)) for gate, direction in along)
        return rows, columns

    def fuse(self, features: Tensor, attention: Directions) -> Tensor:
        rows, columns = attention
        return self.multiply(self.multiply(features, rows.unsqueeze(3)), columns.unsqueeze(2))

    def hand_on(
        self, features: Tensor, extracted: Directions, attention: Directions, refined: Tensor
    ) -> Directions:
        rows, columns = (one * gate for one, gate in zip(extracted, attention, strict=True))
        return rows, columns

    def own_macs(self, height: int, width: int) -> int:
        """2 C hidden (H + W)."""
        return (height + width) * (weights(self.shared) + weights(self.gates[0]))

    def connection_macs(self, size: Size, previous: Size) -> int:
        """The matching and the join at every position of both directions."""
        assert isinstance(self.connection, nn.ModuleList)
        connections: list[Any] = list(self.connection)
        return sum(length * along.macs() for length, along in zip(size, connections, strict=True))


def connected_along(connection: nn.Module, current: Tensor, previous: Tensor) -> Tensor:
    """(N, C, L) joined with (N, C', L) at each of the L positions."""
    n, _, length = current.shape
    now, before = (each.transpose(1, 2).flatten(0, 1) for each in (current, previous))  # (N L, C)
    return connection(now, before).unflatten(0, (n, length)).transpose(1, 2)
