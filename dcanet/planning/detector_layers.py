"""The convolutions and linear layers that a detector adds to its backbone, by their shapes; without torch.

The same sums as tracing the built detector gives (tests/planning/test_detector_layers.py), in no time and at
any size of the image.
"""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from ..detection.forms import split_name

#: Widths of a ResNet's stages, whose maps are at strides 4, 8, 16 and 32.
WIDTHS = (256, 512, 1024, 2048)
#: Images are padded to multiples of this.
STRIDE = 32
RETINA_SHAPES, RPN_SHAPES = 9, 3
CASCADE_STAGES, BINS = 3, 7


@dataclass(frozen=True)
class Layer:
    """A convolution with bias that is applied at so many positions; a linear layer is one of kernel 1."""

    channels_in: int
    channels: int
    kernel: int
    positions: int

    @property
    def parameters(self) -> int:
        return (self.channels_in * self.kernel**2 + 1) * self.channels

    @property
    def macs(self) -> int:
        """O(k^2 C_in C positions)."""
        return self.channels_in * self.channels * self.kernel**2 * self.positions


def detector_layers(
    name: str, options: Mapping[str, Any], num_classes: int, height: int, width: int, training: bool = False
) -> list[Layer]:
    """Neck and heads for one image of that size.

    Of Cascade R-CNN's proposals, all are looked at, or in training those that are sampled.
    """
    kind = split_name(name)[0]
    build = _retinanet if kind == "retinanet" else _cascade
    return list(build(options, num_classes, height, width, training))


def _retinanet(
    options: Mapping[str, Any], num_classes: int, height: int, width: int, training: bool
) -> Iterator[Layer]:
    channels = options["channels"]
    c3, c4, c5 = (_positions(height, width, stride) for stride in (8, 16, 32))
    p6, p7 = (_positions(height, width, stride) for stride in (64, 128))
    for wide, positions in zip(WIDTHS[1:], (c3, c4, c5), strict=True):
        yield Layer(wide, channels, 1, positions)
        yield Layer(channels, channels, 3, positions)
    yield Layer(WIDTHS[-1], channels, 3, p6)
    yield Layer(channels, channels, 3, p7)
    everywhere = c3 + c4 + c5 + p6 + p7
    for _ in range(2 * options["head_depth"]):
        yield Layer(channels, channels, 3, everywhere)
    yield Layer(channels, RETINA_SHAPES * num_classes, 3, everywhere)
    yield Layer(channels, RETINA_SHAPES * 4, 3, everywhere)


def _cascade(
    options: Mapping[str, Any], num_classes: int, height: int, width: int, training: bool
) -> Iterator[Layer]:
    channels, hidden = options["channels"], options["head_width"]
    levels = [_positions(height, width, stride) for stride in (4, 8, 16, 32)]
    for wide, positions in zip(WIDTHS, levels, strict=True):
        yield Layer(wide, channels, 1, positions)
        yield Layer(channels, channels, 3, positions)
    everywhere = sum(levels) + _positions(height, width, 64)
    yield Layer(channels, channels, 3, everywhere)
    yield Layer(channels, RPN_SHAPES, 1, everywhere)
    yield Layer(channels, RPN_SHAPES * 4, 1, everywhere)
    boxes = options["sampled_rois"] if training else options["proposals"]
    for _ in range(CASCADE_STAGES):
        yield Layer(channels * BINS**2, hidden, 1, boxes)
        yield Layer(hidden, hidden, 1, boxes)
        yield Layer(hidden, num_classes + 1, 1, boxes)
        yield Layer(hidden, 4, 1, boxes)


def padded(height: int, width: int) -> tuple[int, int]:
    """Height and width of an image as a detector takes it in."""
    return math.ceil(height / STRIDE) * STRIDE, math.ceil(width / STRIDE) * STRIDE


def _positions(height: int, width: int, stride: int) -> int:
    """Of a map at that stride of the padded image."""
    return math.prod(math.ceil(side / stride) for side in padded(height, width))
