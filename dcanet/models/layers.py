"""The convolution unit all backbones are made of."""

import math
from typing import TypeGuard

from torch import nn

from .depthwise import DepthwiseConv2d
from .dilated import DilatedConv2d
from .pointwise import PointwiseConv2d

PLAIN_CONVOLUTIONS: tuple[type[nn.Conv2d], ...] = (nn.Conv2d, DepthwiseConv2d, DilatedConv2d, PointwiseConv2d)


def is_plain_convolution(module: nn.Module) -> TypeGuard[nn.Conv2d]:
    """Whether it computes what its weights say; others' may standardise them first, or pad otherwise."""
    return type(module) in PLAIN_CONVOLUTIONS


class ConvNormAct(nn.Sequential):
    """Convolution without bias ("same" padding for odd kernels), BatchNorm, activation (None: linear)."""

    def __init__(
        self,
        channels_in: int,
        channels: int,
        kernel: int,
        stride: int = 1,
        groups: int = 1,
        activation: type[nn.Module] | None = nn.ReLU,
        dilation: int = 1,
        momentum: float = 0.1,
    ) -> None:
        super().__init__()
        self.conv: nn.Conv2d
        if groups == channels_in == channels:
            self.conv = DepthwiseConv2d(channels, kernel, stride, dilation)
        elif kernel == groups == 1:
            self.conv = PointwiseConv2d(channels_in, channels, stride)
        else:
            padding = dilation * (kernel // 2)
            kind = DilatedConv2d if dilation > 1 else nn.Conv2d
            self.conv = kind(
                channels_in, channels, kernel, stride, padding, dilation=dilation, groups=groups, bias=False
            )
        self.norm = nn.BatchNorm2d(channels, momentum=momentum)
        if activation is not None:
            self.act = activation(inplace=True)

    def macs(self, height: int, width: int) -> int:
        """Multiply-adds of the convolution for one (C_in, height, width) map.

        k^2 C_in C_out / groups for each of ceil(height / stride) ceil(width / stride) positions.
        """
        down, across = self.conv.stride
        return math.ceil(height / down) * math.ceil(width / across) * weights(self)


def narrowed(channels: int, reduction: int) -> int:
    """Width of a bottleneck: channels / reduction, at least 1."""
    return max(1, channels // reduction)


def weights(module: nn.Module) -> int:
    """Weights of convolutions and linear layers, without biases: their multiply-adds for one position."""
    layers = [layer for layer in module.modules() if isinstance(layer, nn.Conv2d | nn.Linear)]
    return sum(layer.weight.numel() for layer in layers)
