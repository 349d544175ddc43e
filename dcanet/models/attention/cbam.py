"""CBAM (arXiv 1807.06521): a channel gate, then a spatial gate; each has a chain of its own."""

from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from ..connection import Connection, Join, WeightedMaps, match_maps
from .base import Attention, over_space, pool


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

    def extract(self, features: Tensor) -> list[Tensor]:
        return [pool(features), features.amax(dim=(2, 3))]  # (N, C) each

    def connect(self, extracted: list[Tensor], previous: Tensor) -> list[Tensor]:
        assert isinstance(self.connection, Connection)
        matched = self.connection.match(previous)
        pooled = self.extract(matched) if self.hands_on == "map" else [matched.flatten(1)] * 2
        return [self.connection.merge(now, before) for now, before in zip(extracted, pooled, strict=True)]

    def transform(self, extracted: list[Tensor]) -> Tensor:
        average, maximum = extracted
        return torch.sigmoid(self.mlp(average) + self.mlp(maximum))

    def fuse(self, features: Tensor, attention: Tensor) -> Tensor:
        return features * over_space(attention)

    def hand_on(self, features: Any, extracted: list[Tensor], attention: Tensor, refined: Tensor) -> Tensor:
        return refined if self.hands_on == "map" else over_space(extracted[0] * attention)


class SpatialGate(Attention):
    """sigmoid(BN(conv7x7([maximum, mean over channels]))) over the positions; hands on the gated map."""

    def __init__(self, connected: bool, momentum: float) -> None:
        super().__init__()
        self.conv = nn.Conv2d(2, 1, kernel_size=7, padding=3, bias=False)
        self.norm = nn.BatchNorm2d(1, momentum=momentum)
        self.connection = Connection(WeightedMaps(2)) if connected else None

    def extract(self, features: Tensor) -> Tensor:
        maximum = features.amax(dim=1, keepdim=True)
        return torch.cat((maximum, features.mean(dim=1, keepdim=True)), dim=1)  # (N, 2, H, W)

    def connect(self, extracted: Tensor, previous: Tensor) -> Tensor:
        assert self.connection is not None
        ratio = previous.shape[2] // extracted.shape[2]
        if ratio > 1:
            previous = F.avg_pool2d(previous, ratio)
        if previous.shape[2:] != extracted.shape[2:]:
            raise ValueError(
                "connected CBAM needs image sides that are multiples of 32: a map of "
                f"{tuple(previous.shape[2:])} cannot be pooled to {tuple(extracted.shape[2:])}"
            )
        return self.connection(extracted, self.extract(previous))

    def transform(self, extracted: Tensor) -> Tensor:
        return torch.sigmoid(self.norm(self.conv(extracted)))

    def fuse(self, features: Tensor, attention: Tensor) -> Tensor:
        return features * attention

    def hand_on(self, features: Any, extracted: Tensor, attention: Tensor, refined: Tensor) -> Tensor:
        return refined


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

    def forward(
        self, features: Tensor, previous: tuple[Tensor, Tensor] | None = None
    ) -> tuple[Tensor, tuple[Tensor, Tensor] | None]:
        channel_before, spatial_before = previous or (None, None)
        features, channel = self.channel(features, channel_before)
        features, spatial = self.spatial(features, spatial_before)
        return features, (channel, spatial) if self.connected else None
