"""Feature pyramid networks (arXiv 1612.03144): maps of one width at every stride."""

from collections.abc import Sequence

from torch import Tensor, nn
from torch.nn import functional as F

from ..models.pointwise import PointwiseConv2d


class Halving(nn.Conv2d):
    """A 3x3 convolution of stride 2."""

    def __init__(self, channels_in: int, channels: int) -> None:
        super().__init__(channels_in, channels, 3, stride=2, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        """(N, C, H, W) -> (N, C', ceil(H / 2), ceil(W / 2))."""
        # Across a single column the stride decides nothing; with 2 oneDNN's bfloat16 gradient of the weights
        # is whatever was in its memory before (torch 2.14.1).
        across = 1 if x.shape[3] == 1 else 2
        return F.conv2d(x, self.weight, self.bias, (2, across), padding=1)


class FeaturePyramid(nn.Module):
    """From the backbone's maps C_k to P_k of `channels`, and one or two coarser maps on top.

    Args:
        widths: channels of the maps that are taken, finest first.
        convolutions_on_top: that many maps by 3x3 convolutions of stride 2, the first of the last C, without
            activation between (RetinaNet); with none, one map that takes every second value of the last P.
    """

    def __init__(self, widths: Sequence[int], channels: int, convolutions_on_top: int = 0) -> None:
        super().__init__()
        self.laterals = nn.ModuleList(PointwiseConv2d(width, channels, bias=True) for width in widths)
        self.outputs = nn.ModuleList(nn.Conv2d(channels, channels, 3, padding=1) for _ in widths)
        self.tops = nn.ModuleList(
            Halving(channels if step else widths[-1], channels) for step in range(convolutions_on_top)
        )

    def forward(self, features: Sequence[Tensor]) -> list[Tensor]:
        """Maps (N, C_k, H_k, W_k), each half as high and wide as the one before, to the pyramid's."""
        merged = [lateral(x) for lateral, x in zip(self.laterals, features, strict=True)]
        for finer in reversed(range(len(merged) - 1)):
            merged[finer] = merged[finer] + F.interpolate(merged[finer + 1], scale_factor=2.0, mode="nearest")
        levels = [output(x) for output, x in zip(self.outputs, merged, strict=True)]
        top = features[-1]
        for convolution in self.tops:
            top = convolution(top)
            levels.append(top)
        if not self.tops:
            levels.append(levels[-1][:, :, ::2, ::2])
        return levels
