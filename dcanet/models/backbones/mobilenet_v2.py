"""MobileNetV2 (arXiv 1801.04381), width 1.0, with an attention block in all 17 inverted residuals."""

from torch import Tensor, nn

from ..attention import AttentionBuilder
from ..layers import ConvNormAct
from .base import Classifier, InvertedResidual

# expansion, channels, repeats, stride of the first repeat
STACKS = [
    (1, 16, 1, 1),
    (6, 24, 2, 2),
    (6, 32, 3, 2),
    (6, 64, 4, 2),
    (6, 96, 3, 1),
    (6, 160, 3, 2),
    (6, 320, 1, 1),
]


class MobileNetV2(Classifier):
    """MobileNetV2. Input (N, 3, H, W), output logits (N, num_classes)."""

    def __init__(self, attention: AttentionBuilder, num_classes: int = 1000) -> None:
        super().__init__()
        channels = previous = 32
        self.stem = ConvNormAct(3, channels, 3, 2, activation=nn.ReLU6)
        self.blocks = nn.ModuleList()
        for expansion, width, repeats, first_stride in STACKS:
            for position in range(repeats):
                block = InvertedResidual(
                    channels,
                    width,
                    kernel=3,
                    stride=first_stride if position == 0 else 1,
                    expansion=expansion,
                    attention=attention,
                    previous_channels=previous,
                    activation=nn.ReLU6,
                    first_in_stage=position == 0,
                )
                channels, previous = width, block.attention_channels
                self.blocks.append(block)
        self.last = ConvNormAct(channels, 1280, 1, activation=nn.ReLU6)
        self.dropout = nn.Dropout(0.2)
        self.head = nn.Linear(1280, num_classes)

    def forward(self, x: Tensor) -> Tensor:
        x, handed_on = self.stem(x), None
        for block in self.blocks:
            x, handed_on = block(x, handed_on)
        return self.head(self.dropout(self.last(x).mean(dim=(2, 3))))
