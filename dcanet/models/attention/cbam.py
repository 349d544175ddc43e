"""CBAM (arXiv 1807.06521): a channel gate, then a spatial gate; each has a chain of its own."""

import math
from typing import Any, NamedTuple, Self

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from ..connection import Connection, Join, match_maps, merging
from ..layers import narrowed, weights
from ..tracing import is_traced
from .base import Attention, Chain, Size, over_space
from .pooling import average_and_maximum
from .spatial import SpatialAttention


class Gated(NamedTuple):
    """A gated map, and what would be extracted from it: what was extracted before, times the positive gate.

    A next block that takes the map as it is need not read it again.
    """

    map: Tensor
    extracted: Tensor


class ChannelGate(Attention):
    """sigmoid(MLP(average pool) + MLP(maximum pool)) over the channels.

    `hand_on` is "map" (the whole gated map, matched before pooling; the released code) or "vector"
    (average pool times gate, used for both pools; what Table 1's FLOPs of ResNet and Mnas need).
    """

    hands_on = "map"

    def __init__(self, channels: int, reduction: int = 16) -> None:
        super().__init__(channels)
        hidden = narrowed(channels, reduction)
        self.mlp = nn.Sequential(
            nn.Linear(channels, hidden), nn.ReLU(inplace=True), nn.Linear(hidden, channels)
        )

    def connect_to(
        self, previous_channels: int | None, merge: str = "weighted", hand_on: str = "map", **options: Any
    ) -> None:
        if hand_on not in ("map", "vector"):
            raise ValueError(f"hand_on of CBAM must be 'map' or 'vector', not {hand_on!r}")
        self.hands_on = hand_on
        super().connect_to(previous_channels, merge, **options)

    def make_connection(self, previous_channels: int, merge: str, matching_bias: bool = False) -> nn.Module:
        match = match_maps(previous_channels, self.channels, matching_bias)
        return Connection(merging(merge, lambda: Join(self.channels, bias=False)), match)

    def extract(self, features: Tensor) -> Tensor:
        return torch.cat(average_and_maximum(features))  # (2N, C)

    def connect(self, extracted: Tensor, previous: Tensor | Gated) -> Tensor:
        assert isinstance(self.connection, Connection)
        return self.connection.merge(extracted, self.matched(previous))

    def matched(self, previous: Tensor | Gated) -> Tensor:
        """What was handed on, in this block's width and pooled, (2N, C)."""
        assert isinstance(self.connection, Connection)
        match = self.connection.match
        if isinstance(previous, Gated):
            if isinstance(match, nn.Identity):
                return previous.extracted
            previous = previous.map
        if self.hands_on == "map":
            return self.extract(match(previous))
        return match(previous).flatten(1).repeat(2, 1)

    def transform(self, extracted: Tensor) -> Tensor:
        average, maximum = self.mlp(extracted).chunk(2)
        return torch.sigmoid(average + maximum)  # (N, C)

    def fuse(self, features: Tensor, attention: Tensor) -> Tensor:
        return self.multiply(features, over_space(attention))

    def hand_on(self, features: Any, extracted: Tensor, attention: Tensor, refined: Tensor) -> Tensor | Gated:
        if self.hands_on == "vector":
            return over_space(extracted.chunk(2)[0] * attention)
        return refined if is_traced() else Gated(refined, extracted * attention.repeat(2, 1))

    def own_macs(self, height: int, width: int) -> int:
        """4 C^2 / reduction: both pools go through the MLP."""
        return 2 * weights(self.mlp)

    def connection_macs(self, size: Size, previous: Size) -> int:
        """The matching at every position of a map, or of a vector once; both pools are joined."""
        assert isinstance(self.connection, Connection)
        return self.connection.macs(math.prod(previous) if self.hands_on == "map" else 1, merges=2)


class SpatialGate(SpatialAttention):
    """sigmoid(BN(conv7x7([maximum, mean over channels]))) over the positions; hands on the gated map."""

    def __init__(self, channels: int, momentum: float = 0.01) -> None:
        super().__init__(channels)
        self.conv = nn.Conv2d(2, 1, kernel_size=7, padding=3, bias=False)
        self.norm = nn.BatchNorm2d(1, momentum=momentum)

    def connect(self, extracted: Tensor, previous: Tensor | Gated) -> Tensor:
        assert self.connection is not None
        handed_on = previous.map if isinstance(previous, Gated) else previous
        ratio = handed_on.shape[2] // extracted.shape[2]
        pooled = F.avg_pool2d(handed_on, ratio) if ratio > 1 else handed_on
        if pooled.shape[2:] != extracted.shape[2:]:
            raise ValueError(
                "connected CBAM needs image sides that are multiples of 32: a map of "
                f"{tuple(pooled.shape[2:])} cannot be pooled to {tuple(extracted.shape[2:])}"
            )
        if isinstance(previous, Gated) and ratio == 1:
            return self.connection(extracted, previous.extracted)
        return self.connection(extracted, self.extract(pooled))

    def transform(self, extracted: Tensor) -> Tensor:
        return torch.sigmoid(self.norm(self.conv(extracted)))

    def hand_on(self, features: Any, extracted: Tensor, attention: Tensor, refined: Tensor) -> Tensor | Gated:
        return refined if is_traced() else Gated(refined, extracted * attention)

    def own_macs(self, height: int, width: int) -> int:
        """98 H W: a 7x7 kernel over two maps."""
        return weights(self.conv) * height * width


class CBAM(nn.Module):
    """Channel gate then spatial gate; `previous` and the hand-on are pairs (channel, spatial)."""

    replaces_convolution = False

    def __init__(
        self,
        channels: int,
        reduction: int = 16,
        spatial_momentum: float = 0.01,
        chain: Chain | None = None,
    ) -> None:
        super().__init__()
        self.connected = chain is not None
        width, options = (chain.previous_channels, chain.options) if chain else (None, {})
        # Each gate as a whole before the next one: seeded weights depend on the order.
        self.channel = ChannelGate.build(channels, chain, reduction=reduction)
        of_spatial = Chain(width, {key: options[key] for key in options if key == "merge"})
        self.spatial = SpatialGate.build(channels, of_spatial if chain else None, momentum=spatial_momentum)
        # The next block reads the map between the gates.
        self.spatial.may_be_in_place = not self.connected or self.channel.hands_on == "vector"

    @classmethod
    def build(cls, channels: int, chain: Chain | None = None, **options: Any) -> Self:
        """As `Attention.build`."""
        return cls(channels, chain=chain, **options)

    def forward(
        self, features: Tensor, previous: tuple[Any, Any] | None = None
    ) -> tuple[Tensor, tuple[Any, Any] | None]:
        channel_before, spatial_before = previous or (None, None)
        features, channel = self.channel(features, channel_before)
        features, spatial = self.spatial(features, spatial_before)
        return features, (channel, spatial) if self.connected else None

    def macs(self, height: int, width: int, previous: Size | None = None) -> int:
        """As `Attention.macs`, of both gates."""
        return self.channel.macs(height, width, previous) + self.spatial.macs(height, width, previous)
