"""Attention over the places, from a descriptor of a few maps."""

import torch
from torch import Tensor, nn

from ..connection import Connection, WeightedMaps, merging
from .base import Attention
from .pooling import lies_in_short_rows, maximum_and_mean_of_channels, pool_windows


class SpatialAttention(Attention):
    """An attention block whose descriptor is (N, `maps`, H, W) and whose attention is (N, 1, H, W).

    Extraction is the maximum and the mean over the channels, fusion the product, and the connection weighs
    maps as in CBAM's spatial gate, after averaging the previous ones to this size. So a block need only have
    a transformation.
    """

    #: Of the descriptor.
    maps = 2

    def make_connection(self, previous_channels: int, merge: str) -> nn.Module:
        return Connection(merging(merge, lambda: WeightedMaps(self.maps)))

    def connect(self, extracted: Tensor, previous: Tensor) -> Tensor:
        height, width = extracted.shape[2:]
        return super().connect(extracted, pool_windows(previous, height, width))

    def extract(self, features: Tensor) -> Tensor:
        return maximum_and_mean_of_channels(features)  # (N, 2, H, W)

    def fuse(self, features: Tensor, attention: Tensor) -> Tensor:
        if features.dtype is torch.bfloat16 and lies_in_short_rows(features):
            # Written out, it is multiplied a row at a time and not a place at a time.
            attention = attention.to(features.dtype).expand_as(features)
            attention = attention.contiguous(memory_format=torch.channels_last)
        return self.multiply(features, attention)
