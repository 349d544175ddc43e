"""ResNet (arXiv 1512.03385) whose bottlenecks carry an attention block; stride in the 3x3."""

from collections.abc import Sequence
from typing import Any

from torch import Tensor, nn

from ..attention import AttentionBuilder
from ..layers import ConvNormAct
from .base import Classifier

EXPANSION = 4


class Bottleneck(nn.Module):
    """(x, previous) -> (x, attention). Attention acts on the last norm's output, before the addition;
    selective kernels stand in place of the 3x3.
    """

    def __init__(
        self, channels_in: int, width: int, stride: int, attention: AttentionBuilder, previous_channels: int
    ) -> None:
        super().__init__()
        channels = width * EXPANSION
        self.conv1 = ConvNormAct(channels_in, width, 1)
        if attention.replaces_convolution:
            self.selective = attention.build(width, previous_channels, stride=stride)
            self.attention_channels = width
        else:
            self.conv2 = ConvNormAct(width, width, 3, stride)
            self.attention = attention.build(channels, previous_channels)
            self.attention_channels = channels
        self.conv3 = ConvNormAct(width, channels, 1, activation=None)
        self.shortcut: nn.Module = nn.Identity()
        if stride != 1 or channels_in != channels:
            self.shortcut = ConvNormAct(channels_in, channels, 1, stride, activation=None)
        self.act = nn.ReLU(inplace=True)

    @property
    def residual_norm(self) -> nn.Module:
        return self.conv3.norm

    def forward(self, x: Tensor, previous: Any = None) -> tuple[Tensor, Any]:
        shortcut = self.shortcut(x)

        x = self.conv1(x)
        if hasattr(self, "selective"):
            x, handed_on = self.selective(x, previous)
            x = self.conv3(x)
        else:
            x = self.conv3(self.conv2(x))
            x, handed_on = self.attention(x, previous)

        return self.act(x + shortcut), handed_on


class ResNet(Classifier):
    """ResNet of bottlenecks. Input (N, 3, H, W), output logits (N, num_classes)."""

    def __init__(
        self, attention: AttentionBuilder, num_classes: int = 1000, depths: Sequence[int] = (3, 4, 6, 3)
    ) -> None:
        super().__init__()
        channels = previous = 64
        self.stem = nn.Sequential(ConvNormAct(3, channels, 7, 2), nn.MaxPool2d(3, stride=2, padding=1))
        self.stages = nn.ModuleList()
        for stage, depth in enumerate(depths):
            width = 64 * 2**stage
            blocks = nn.ModuleList()
            for position in range(depth):
                stride = 2 if stage > 0 and position == 0 else 1
                block = Bottleneck(channels, width, stride, attention, previous)
                channels, previous = width * EXPANSION, block.attention_channels
                blocks.append(block)
            self.stages.append(blocks)
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
