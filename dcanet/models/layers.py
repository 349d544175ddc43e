"""The convolution unit all backbones are made of."""

from torch import nn


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
        padding = dilation * (kernel // 2)
        self.conv = nn.Conv2d(
            channels_in, channels, kernel, stride, padding, dilation=dilation, groups=groups, bias=False
        )
        self.norm = nn.BatchNorm2d(channels, momentum=momentum)
        if activation is not None:
            self.act = activation(inplace=True)
