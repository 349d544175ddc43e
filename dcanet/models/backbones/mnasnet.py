"""MnasNet-A1 without its own SE ("MnasNet 1.0", arXiv 1807.11626), attention in all 16 inverted residuals."""

from torch import Tensor, nn

from ..attention import AttentionBuilder
from ..layers import ConvNormAct
from .base import Classifier, InvertedResidual

# channels, kernel, stride of the first repeat, expansion, repeats
STACKS = [
    (24, 3, 2, 3, 3),
    (40, 5, 2, 3, 3),
    (80, 5, 2, 6, 3),
    (96, 3, 1, 6, 2),
    (192, 5, 2, 6, 4),
    (320, 3, 1, 6, 1),
]
#: BatchNorm momentum 1 - 0.9997, as the TensorFlow original's decay reads in PyTorch's convention.
MOMENTUM = 1 - 0.9997


class MnasNet(Classifier):
    """MnasNet 1.0. Input (N, 3, H, W), output logits (N, num_classes)."""

    def __init__(self, attention: AttentionBuilder, num_classes: int = 1000) -> None:
        super().__init__()
        channels = previous = 16
        self.stem = nn.Sequential(
            ConvNormAct(3, 32, 3, 2, momentum=MOMENTUM),
            ConvNormAct(32, 32, 3, 1, groups=32, momentum=MOMENTUM),
            ConvNormAct(32, channels, 1, activation=None, momentum=MOMENTUM),
        )
        self.stacks = nn.ModuleList()
        for width, kernel, first_stride, expansion, repeats in STACKS:
            blocks = nn.ModuleList()
            for position in range(repeats):
                block = InvertedResidual(
                    channels,
                    width,
                    kernel,
                    stride=first_stride if position == 0 else 1,
                    expansion=expansion,
                    attention=attention,
                    previous_channels=previous,
                    activation=nn.ReLU,
                    momentum=MOMENTUM,
                    first_in_stage=position == 0,
                )
                channels, previous = width, block.attention_channels
                blocks.append(block)
            self.stacks.append(blocks)
        self.last = ConvNormAct(channels, 1280, 1, momentum=MOMENTUM)
        self.dropout = nn.Dropout(0.2)
        self.head = nn.Linear(1280, num_classes)

    def forward(self, x: Tensor) -> Tensor:
        x, handed_on = self.stem(x), None
        for stack in self.stacks:
            for block in stack.children():
                x, handed_on = block(x, handed_on)
        return self.head(self.dropout(self.last(x).mean(dim=(2, 3))))
