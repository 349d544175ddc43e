"""A gate per channel from how much the channel varies over the image, after arXiv 1903.10829."""

import torch
from torch import Tensor, nn

from dcanet.plugins import ChannelAttention, register_attention


@register_attention("style")
class Style(ChannelAttention):
    """sigmoid(w x standard deviation + b) of each channel; 2 C parameters."""

    def __init__(self, channels: int) -> None:
        super().__init__(channels)
        self.weight = nn.Parameter(torch.ones(channels))
        self.bias = nn.Parameter(torch.zeros(channels))

    def extract(self, features: Tensor) -> Tensor:
        return features.var(dim=(2, 3), unbiased=False).add(1e-5).sqrt()  # (N, C)

    def transform(self, extracted: Tensor) -> Tensor:
        return torch.sigmoid(self.weight * extracted + self.bias)  # (N, C)
