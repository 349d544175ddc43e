"""CBAM (arXiv 1807.06521): a channel gate, then a spatial gate; each has a chain of its own."""

from typing import Any, NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from ..connection import Connection, Join, WeightedMaps, match_maps
from ..layers import weights
from ..tracing import is_traced
from .base import Attention, over_space
from .pooling import average_and_maximum, maximum_and_mean_of_channels


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

    def __init__(
        self, channels: int, previous_channels: int | None, reduction: int, matching_bias: bool, hand_on: str
    ) -> None:
        super().__init__()
        if hand_on not in ("map", "vector"):
            raise ValueError(f"hand_on of CBAM must be 'map' or 'vector', not {hand_on!r}")
        self.hands_on = hand_on
        hidden = channels // reduction
        self.mlp = nn.Sequential(
            nn.Linear(channels, hidden), nn.ReLU(inplace=True), nn.Linear(hidden, channels)
        )
        self.connection = None
        if previous_channels is not None:
            match = match_maps(previous_channels, channels, matching_bias)
            self.connection = Connection(Join(channels, bias=False), match)

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

    def connection_macs(self, height: int, width: int) -> int:
        """The matching at every position of a map, or of a vector once; both pools are joined."""
        assert isinstance(self.connection, Connection)
        return self.connection.macs(height * width if self.hands_on == "map" else 1, merges=2)


class SpatialGate(Attention):
    """sigmoid(BN(conv7x7([maximum, mean over channels]))) over the positions; hands on the gated map."""

    def __init__(self, connected: bool, momentum: float) -> None:
        super().__init__()
        self.conv = nn.Conv2d(2, 1, kernel_size=7, padding=3, bias=False)
        self.norm = nn.BatchNorm2d(1, momentum=momentum)
        self.connection = Connection(WeightedMaps(2)) if connected else None

    def extract(self, features: Tensor) -> Tensor:
        return maximum_and_mean_of_channels(features)  # (N, 2, H, W)

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

    def fuse(self, features: Tensor, attention: Tensor) -> Tensor:
        return self.multiply(features, attention)

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
        previous_channels: int | None = None,
        reduction: int = 16,
        matching_bias: bool = False,
        hand_on: str = "map",
        spatial_momentum: float = 0.01,
    ) -> None:
        super().__init__()
        self.connected = previous_channels is not None
        self.channel = ChannelGate(channels, previous_channels, reduction, matching_bias, hand_on)
        self.spatial = SpatialGate(self.connected, spatial_momentum)
        # The next block reads the map between the gates.
        self.spatial.may_be_in_place = not self.connected or hand_on == "vector"

    def forward(
        self, features: Tensor, previous: tuple[Any, Any] | None = None
    ) -> tuple[Tensor, tuple[Any, Any] | None]:
        channel_before, spatial_before = previous or (None, None)
        features, channel = self.channel(features, channel_before)
        features, spatial = self.spatial(features, spatial_before)
        return features, (channel, spatial) if self.connected else None

    def macs(self, height: int, width: int, previous: tuple[int, int] | None = None) -> int:
        """As `Attention.macs`, of both gates."""
        return self.channel.macs(height, width, previous) + self.spatial.macs(height, width, previous)
