"""The five attention blocks of the paper, and the builder that backbones call once per block."""

from dataclasses import dataclass, field
from typing import Any

from torch import nn

from .base import Attention
from .cbam import CBAM
from .gc import GlobalContext
from .ge import GatherExcite
from .se import SqueezeExcitation
from .sk import SelectiveKernel

__all__ = ["ATTENTIONS", "Attention", "AttentionBuilder", "NoAttention"]


class NoAttention(nn.Module):
    """What a plain network has in an attention block's place."""

    replaces_convolution = False

    def __init__(self, channels: int, previous_channels: int | None = None) -> None:
        super().__init__()

    def forward(self, features: Any, previous: Any = None) -> tuple[Any, None]:
        return features, None

    def macs(self, height: int, width: int, previous: tuple[int, int] | None = None) -> int:
        """As `Attention.macs`: 0."""
        return 0


ATTENTIONS: dict[str, Any] = {
    "none": NoAttention,
    "se": SqueezeExcitation,
    "sk": SelectiveKernel,
    "ge": GatherExcite,
    "gc": GlobalContext,
    "cbam": CBAM,
}


@dataclass(frozen=True)
class AttentionBuilder:
    """Builds the same attention block for every place of a backbone.

    `first_reduction` is the reduction in the first block of each stack, where it differs (Mnas).
    """

    block: Any
    connected: bool
    options: dict[str, Any] = field(default_factory=dict)
    first_reduction: int | None = None

    @property
    def replaces_convolution(self) -> bool:
        return self.block.replaces_convolution

    def build(
        self, channels: int, previous_channels: int, first_in_stack: bool = False, **place: Any
    ) -> nn.Module:
        """One block of `channels`; `previous_channels` is the width of what it will be handed."""
        options = self.options | place
        if first_in_stack and self.first_reduction is not None:
            options["reduction"] = self.first_reduction
        return self.block(channels, previous_channels if self.connected else None, **options)
