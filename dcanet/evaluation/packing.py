"""Convolutions on a CPU with weights laid out for it once, and their activation applied as they write."""

from itertools import pairwise
from typing import Any

import torch
from torch import Tensor, nn

#: oneDNN's names and limits of the activations that it applies within a convolution.
ACTIVATIONS: dict[type[nn.Module], tuple[str, list[float]]] = {
    nn.ReLU: ("relu", []),
    nn.ReLU6: ("hardtanh", [0.0, 6.0]),
}


class PackedConvolution(nn.Module):
    """A convolution and the activation after it in one oneDNN operation; float32, no gradient."""

    def __init__(self, conv: nn.Conv2d, activation: str, limits: list[float]) -> None:
        super().__init__()
        place = (conv.padding, conv.stride, conv.dilation, conv.groups)
        weight = conv.weight.detach()
        self.weight: Tensor = torch.ops.mkldnn._reorder_convolution_weight(weight, *place)
        bias = None if conv.bias is None else conv.bias.detach()
        self.rest: tuple[Any, ...] = (bias, *place, activation, limits, "")

    def forward(self, x: Tensor) -> Tensor:
        return torch.ops.mkldnn._convolution_pointwise(x, self.weight, *self.rest)


def pack_convolutions(model: nn.Module) -> int:
    """Replace the convolutions of all sequences, with a ReLU or ReLU6 that follows; returns how many.

    The operations are those that torch's own compiler emits; a torch or a processor without them leaves the
    model as it is.
    """
    if not _available():
        return 0
    packed = 0
    for sequence in [module for module in model.modules() if isinstance(module, nn.Sequential)]:
        layers = [item for item in sequence.named_children() if not isinstance(item[1], nn.Identity)]
        for (name, conv), (next_name, following) in pairwise([*layers, ("", nn.Identity())]):
            if type(conv) is not nn.Conv2d or isinstance(conv.padding, str) or conv.padding_mode != "zeros":
                continue
            fused = ACTIVATIONS.get(type(following))
            setattr(sequence, name, PackedConvolution(conv, *(fused or ("none", []))))
            if fused:
                setattr(sequence, next_name, nn.Identity())
            packed += 1
    return packed


def _available() -> bool:
    if not torch.backends.mkldnn.is_available():
        return False
    conv, x = nn.Conv2d(2, 2, 1), torch.ones(1, 2, 1, 1)
    try:
        with torch.inference_mode():
            return torch.allclose(PackedConvolution(conv, "none", [])(x), conv(x), atol=1e-5)
    except (AttributeError, NotImplementedError, RuntimeError, TypeError):
        return False
