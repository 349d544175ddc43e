"""1x1 convolutions that one thread computes by oneDNN too."""

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from .tracing import is_eager_on_cpu

#: From so many images on torch takes oneDNN by itself, as it does with more threads than one.
IMAGES_FOR_ONEDNN = 16


class PointwiseConv2d(nn.Conv2d):
    """A 1x1 convolution.

    As `nn.Conv2d`, which on one thread leaves fewer than 16 images in float32 to a product of matrices that
    takes up to twice as long as oneDNN, forward and backward (benchmarks/model_speed.md).
    """

    def __init__(self, channels_in: int, channels: int, stride: int = 1, bias: bool = False) -> None:
        super().__init__(channels_in, channels, 1, stride, bias=bias)

    def forward(self, x: Tensor) -> Tensor:
        """(N, C, H, W) -> (N, C', ceil(H / stride), ceil(W / stride))."""
        if not _needs_to_be_sent(x):
            return super().forward(x)
        # Of a kernel of one, dilation means nothing; but dilated kernels torch sends to oneDNN.
        return F.conv2d(x, self.weight, self.bias, self.stride, dilation=2)


def _needs_to_be_sent(x: Tensor) -> bool:
    return (
        is_eager_on_cpu(x)
        and x.dtype is torch.float32
        and len(x) < IMAGES_FOR_ONEDNN
        and torch.get_num_threads() == 1
        and torch.backends.mkldnn.is_available()
        and not torch.is_autocast_enabled("cpu")
    )
