"""ResNets (arXiv 1512.03385) whose residual blocks carry an attention block; torchvision's four depths."""

from collections.abc import Sequence
from typing import Any, ClassVar

from torch import Tensor, nn

from ..attention import AttentionBuilder
from ..layers import ConvNormAct
from .base import Classifier


class ResidualBlock(nn.Module):
    """(x, previous) -> (x, attention). Attention acts on the last norm's output, before the addition;
    selective kernels stand in place of the 3x3 that has the stride.
    """

    #: Channels that the block gives for each of its width.
    expansion: ClassVar[int]
    attention_channels: int
    shortcut: nn.Module

    def __init__(self) -> None:
        super().__init__()
        self.act = nn.ReLU(inplace=True)

    def branch(self, x: Tensor, previous: Any) -> tuple[Tensor, Any]:
        """What is added to the input, and what is handed on."""
        raise NotImplementedError

    def forward(self, x: Tensor, previous: Any = None) -> tuple[Tensor, Any]:
        shortcut = self.shortcut(x)
        x, handed_on = self.branch(x, previous)
        return self.act(x + shortcut), handed_on


class Bottleneck(ResidualBlock):
    """1x1, 3x3, 1x1; stride in the 3x3."""

    expansion = 4

    def __init__(
        self,
        channels_in: int,
        width: int,
        stride: int,
        attention: AttentionBuilder,
        previous_channels: int,
        first_in_stage: bool = False,
    ) -> None:
        super().__init__()
        channels = width * self.expansion
        self.conv1 = ConvNormAct(channels_in, width, 1)
        if attention.replaces_convolution:
            self.selective = attention.build(width, previous_channels, first_in_stage, stride=stride)
            self.attention_channels = width
        else:
            self.conv2 = ConvNormAct(width, width, 3, stride)
            self.attention = attention.build(channels, previous_channels, first_in_stage)
            self.attention_channels = channels
        self.conv3 = ConvNormAct(width, channels, 1, activation=None)
        self.shortcut = shortcut(channels_in, channels, stride)

    @property
    def residual_norm(self) -> nn.Module:
        return self.conv3.norm

    def branch(self, x: Tensor, previous: Any) -> tuple[Tensor, Any]:
        x = self.conv1(x)
        if hasattr(self, "selective"):
            x, handed_on = self.selective(x, previous)
            return self.conv3(x), handed_on
        return self.attention(self.conv3(self.conv2(x)), previous)


class BasicBlock(ResidualBlock):
    """Two 3x3, the first with the stride."""

    expansion = 1

    def __init__(
        self,
        channels_in: int,
        width: int,
        stride: int,
        attention: AttentionBuilder,
        previous_channels: int,
        first_in_stage: bool = False,
    ) -> None:
        super().__init__()
        self.attention_channels = width
        if attention.replaces_convolution:
            self.selective = attention.build(
                width, previous_channels, first_in_stage, stride=stride, channels_in=channels_in
            )
        else:
            self.conv1 = ConvNormAct(channels_in, width, 3, stride)
        self.conv2 = ConvNormAct(width, width, 3, activation=None)
        if not attention.replaces_convolution:
            self.attention = attention.build(width, previous_channels, first_in_stage)
        self.shortcut = shortcut(channels_in, width, stride)

    @property
    def residual_norm(self) -> nn.Module:
        return self.conv2.norm

    def branch(self, x: Tensor, previous: Any) -> tuple[Tensor, Any]:
        if hasattr(self, "selective"):
            x, handed_on = self.selective(x, previous)
            return self.conv2(x), handed_on
        return self.attention(self.conv2(self.conv1(x)), previous)


def shortcut(channels_in: int, channels: int, stride: int) -> nn.Module:
    """What a block's input goes through to what is added to it: nothing where shapes agree."""
    if stride == 1 and channels_in == channels:
        return nn.Identity()
    return ConvNormAct(channels_in, channels, 1, stride, activation=None)


class ResNet(Classifier):
    """ResNet of four stages. Input (N, 3, H, W), output logits (N, num_classes)."""

    block: ClassVar[type[Bottleneck | BasicBlock]] = Bottleneck
    depths: ClassVar[Sequence[int]] = (3, 4, 6, 3)

    def __init__(self, attention: AttentionBuilder, num_classes: int = 1000) -> None:
        super().__init__()
        channels = previous = 64
        self.stem = nn.Sequential(ConvNormAct(3, channels, 7, 2), nn.MaxPool2d(3, stride=2, padding=1))
        self.stages = nn.ModuleList()
        #: Channels of the maps that `features` gives.
        self.widths: list[int] = []
        for stage, depth in enumerate(self.depths):
            width = 64 * 2**stage
            blocks = nn.ModuleList()
            for position in range(depth):
                stride = 2 if stage > 0 and position == 0 else 1
                block = self.block(channels, width, stride, attention, previous, position == 0)
                channels, previous = width * self.block.expansion, block.attention_channels
                blocks.append(block)
            self.stages.append(blocks)
            self.widths.append(channels)
        self.pool = nn.AdaptiveAvgPool2d(1)
        self.head = nn.Linear(channels, num_classes)

    def features(self, x: Tensor) -> list[Tensor]:
        """Output of each of the four stages, at strides 4, 8, 16 and 32."""
        outputs, handed_on = [], None
        x = self.stem(x)
        for stage in self.stages:
            for block in stage.children():
                x, handed_on = block(x, handed_on)
            outputs.append(x)
        return outputs

    def forward(self, x: Tensor) -> Tensor:
        return self.head(self.pool(self.features(x)[-1]).flatten(1))


class ResNet18(ResNet):
    """ResNet-18."""

    block = BasicBlock
    depths = (2, 2, 2, 2)


class ResNet34(ResNet):
    """ResNet-34."""

    block = BasicBlock


class ResNet101(ResNet):
    """ResNet-101."""

    depths = (3, 4, 23, 3)
