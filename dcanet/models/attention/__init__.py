"""Attention blocks, what they are made of, and the builder that backbones call once per block."""

from dataclasses import dataclass, field
from typing import Any, Self

from torch import nn

from ..options import Options
from .base import Attention, Chain, over_space
from .channel import ChannelAttention
from .pooling import pool
from .spatial import SpatialAttention

__all__ = [
    "Attention",
    "AttentionBuilder",
    "Chain",
    "ChannelAttention",
    "NoAttention",
    "SpatialAttention",
    "over_space",
    "pool",
]


class NoAttention(nn.Module):
    """What a plain network has in an attention block's place."""

    replaces_convolution = False

    @classmethod
    def build(cls, channels: int, chain: Chain | None = None) -> Self:
        """As `Attention.build`."""
        return cls()

    def forward(self, features: Any, previous: Any = None) -> tuple[Any, None]:
        return features, None

    def macs(self, height: int, width: int, previous: tuple[int, int] | None = None) -> int:
        """As `Attention.macs`: 0."""
        return 0


@dataclass(frozen=True)
class AttentionBuilder:
    """Builds the same attention block for every place of a backbone.

    `connection` are the options of the connection, None for a plain network. Its `scope` is "everywhere"
    for one chain through the network, or "stage" for one that begins anew in every stage.
    `first_reduction` is the reduction in the first block of each stage, where it differs (Mnas).
    """

    block: Any = NoAttention
    options: Options = field(default_factory=dict)
    connection: Options | None = None
    scope: str = "everywhere"
    first_reduction: int | None = None

    @property
    def replaces_convolution(self) -> bool:
        return self.block.replaces_convolution

    def build(
        self, channels: int, previous_channels: int, first_in_stage: bool = False, **place: Any
    ) -> nn.Module:
        """One block of `channels`; `previous_channels` is the width of what it will be handed.

        A stage is a run of residual blocks of one width.
        """
        options = self.options | place
        if first_in_stage and self.first_reduction is not None:
            options["reduction"] = self.first_reduction
        chain = None
        if self.connection is not None:
            begins = first_in_stage and self.scope == "stage"
            chain = Chain(None if begins else previous_channels, self.connection)
        return self.block.build(channels, chain, **options)
