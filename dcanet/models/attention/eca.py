"""Efficient Channel Attention (arXiv 1910.03151): each gate from a few neighbouring pooled channels."""

import math

import torch
from torch import Tensor, nn

from .channel import ChannelAttention


class EfficientChannelAttention(ChannelAttention):
    """sigmoid(conv1d_k(GAP(F))) over the channels, zeros beyond the ends; k weights, no bias.

    k follows from the width: see `kernel_size`.
    """

    on_vectors = True

    def __init__(self, channels: int) -> None:
        super().__init__(channels)
        kernel = kernel_size(channels)
        self.conv = nn.Conv1d(1, 1, kernel, padding=kernel // 2, bias=False)

    def transform(self, extracted: Tensor) -> Tensor:
        return torch.sigmoid(self.conv(extracted.unsqueeze(1)).squeeze(1))

    def own_macs(self, height: int, width: int) -> int:
        """k C."""
        return self.conv.weight.numel() * self.channels


def kernel_size(channels: int) -> int:
    """The odd number nearest to (log2(C) + 1) / 2, the larger of two: equation 12 with gamma = 2, b = 1."""
    return 2 * int((math.log2(channels) + 1) / 4) + 1
