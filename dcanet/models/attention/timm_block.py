"""Any attention block of timm's factory, connected as a whole."""

import functools
from typing import Any, ClassVar

from torch import Tensor, nn

from .base import over_space
from .channel import ChannelAttention
from .pooling import pool


class TimmAttention(ChannelAttention):
    """A block of timm's attention factory, from maps (N, C, H, W) to maps of that shape.

    Plain, it is timm's block as it is. Such a block is not split into extraction, transformation and fusion,
    so what it is to connect it is a definition of ours and not the paper's. It holds for every block:

    - extraction is the global average of the block's input, (N, C);
    - the connection joins it with what was handed on, as in SE;
    - the block is given its input with every channel shifted by a constant, so that its average is the joined
      one, and does with that whatever it does;
    - it hands on the global average of its output.

    For a gate per channel from global averages (timm's se, eca and others) the gates are those of the
    connected block as the paper has it, and what is handed on is gate times average; but the shift goes
    through the gate too, since a block that is not split fuses what it extracts from.
    """

    #: timm's name of the block.
    kind: ClassVar[str]

    def __init__(self, channels: int) -> None:
        super().__init__(channels)
        self.block = timm_module(self.kind, channels)

    def forward(self, features: Tensor, previous: Tensor | None = None) -> tuple[Tensor, Any]:
        if self.listens and previous is not None:
            extracted = self.extract(features)
            shift = self.transform(self.connect(extracted, previous) - extracted)
            refined = self.fuse(features, shift)
        else:
            refined = self.block(features)
        if not self.connected:
            return refined, None
        return refined, self.hand_on(features, None, None, refined)

    def transform(self, extracted: Tensor) -> Tensor:
        """By how much the average of a channel changes -> what is added to the map."""
        return over_space(extracted)

    def fuse(self, features: Tensor, attention: Tensor) -> Tensor:
        return self.block(features + attention.to(features.dtype))

    def hand_on(self, features: Any, extracted: Any, attention: Any, refined: Tensor) -> Tensor:
        return pool(refined)


@functools.cache
def timm_attention(kind: str) -> type[TimmAttention]:
    """The class of the block that timm calls so; timm is imported when one is made."""
    return type(f"Timm{kind.capitalize()}", (TimmAttention,), {"kind": kind})


def timm_module(kind: str, channels: int) -> nn.Module:
    """A block from timm's factory.

    Raises:
        ValueError: timm is not installed, knows no such block, or cannot make it from a number of channels.
    """
    try:
        from timm.layers import create_attn
    except ImportError as error:
        raise ValueError(
            f"attention timm_{kind} needs timm, which is not installed: pip install timm"
        ) from error
    try:
        block = create_attn(kind, channels)
    except (AssertionError, TypeError, ValueError) as error:
        reason = str(error) or "it needs more than a number of channels"
        raise ValueError(
            f"attention timm_{kind}: timm cannot make it of {channels} channels: {reason}"
        ) from error
    assert block is not None
    return block
