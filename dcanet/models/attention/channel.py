"""Attention over the channels, from a descriptor of one number per channel."""

from typing import Any, ClassVar

from torch import Tensor, nn

from ..connection import Connection, Join, match_vectors, merging
from ..options import Options
from .base import Attention, over_space
from .pooling import pool


class ChannelAttention(Attention):
    """An attention block whose descriptor and attention are (N, C) vectors.

    Extraction is global average pooling, fusion the product, and the connection joins vectors as in SE. So a
    block need only have a transformation:

        class Mine(ChannelAttention):
            def __init__(self, channels: int) -> None:
                super().__init__(channels)
                self.gate = nn.Sequential(nn.Linear(channels, channels), nn.Sigmoid())

            def transform(self, extracted: Tensor) -> Tensor:
                return self.gate(extracted)
    """

    connection_options: ClassVar[Options] = {"matching": "two_layer"}
    #: Of the bottleneck in the width matching.
    reduction = 16

    def make_connection(
        self,
        previous_channels: int,
        merge: str,
        matching: str = "two_layer",
        join_bias: bool = True,
        reduction: int | None = None,
    ) -> nn.Module:
        match = match_vectors(previous_channels, self.channels, matching, reduction or self.reduction)
        return Connection(merging(merge, lambda: self.make_join(join_bias)), match)

    def make_join(self, bias: bool) -> nn.Module:
        """The weighted merge of two (N, C) vectors."""
        return Join(self.channels, bias)

    def extract(self, features: Any) -> Any:
        return pool(features)

    def fuse(self, features: Any, attention: Any) -> Tensor:
        return self.multiply(features, over_space(attention))
