"""What the heads are made of, and how their maps are read."""

from torch import Tensor, nn


class ConvAct(nn.Sequential):
    """A "same" convolution with bias, and ReLU."""

    def __init__(self, channels_in: int, channels: int, kernel: int = 3) -> None:
        super().__init__()
        self.conv = nn.Conv2d(channels_in, channels, kernel, padding=kernel // 2)
        self.act = nn.ReLU(inplace=True)


def per_anchor(maps: Tensor, values: int) -> Tensor:
    """(N, shapes * values, H, W) maps as (N, H * W * shapes, values), in the order of the anchors."""
    return maps.permute(0, 2, 3, 1).reshape(len(maps), -1, values)
