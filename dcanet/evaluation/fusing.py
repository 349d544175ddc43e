"""Convolutions on a CPU that apply the activation after them as they write."""

from itertools import pairwise

import torch
from torch import Tensor, nn

#: oneDNN's names and limits of the activations that it applies within a convolution.
ACTIVATIONS: dict[type[nn.Module], tuple[str, list[float]]] = {
    nn.ReLU: ("relu", []),
    nn.ReLU6: ("hardtanh", [0.0, 6.0]),
}


class FusedConvolution(nn.Module):
    """A convolution and the activation after it in one oneDNN operation; float32, no gradient."""

    def __init__(self, conv: nn.Conv2d, activation: str, limits: list[float]) -> None:
        super().__init__()
        self.weight, self.bias = conv.weight, conv.bias
        self.place = (conv.padding, conv.stride, conv.dilation, conv.groups)
        self.activation, self.limits = activation, limits

    def forward(self, x: Tensor) -> Tensor:
        return torch.ops.mkldnn._convolution_pointwise(
            x, self.weight, self.bias, *self.place, self.activation, self.limits, ""
        )


def fuse_activations(model: nn.Module) -> int:
    """Fuse every ReLU and ReLU6 into the convolution before it in its sequence, in place; returns how many.

    The operation is the one that torch's own compiler emits; a torch or a processor without it leaves the
    model as it is.
    """
    if not _available():
        return 0
    fused = 0
    for sequence in [module for module in model.modules() if isinstance(module, nn.Sequential)]:
        layers = [item for item in sequence.named_children() if not isinstance(item[1], nn.Identity)]
        for (name, conv), (next_name, following) in pairwise(layers):
            if not isinstance(conv, nn.Conv2d) or isinstance(conv.padding, str):
                continue
            if type(following) in ACTIVATIONS and conv.padding_mode == "zeros":
                setattr(sequence, name, FusedConvolution(conv, *ACTIVATIONS[type(following)]))
                setattr(sequence, next_name, nn.Identity())
                fused += 1
    return fused


def _available() -> bool:
    if not torch.backends.mkldnn.is_available():
        return False
    conv, x = nn.Conv2d(2, 2, 1), torch.ones(1, 2, 1, 1)
    try:
        with torch.inference_mode():
            return torch.allclose(FusedConvolution(conv, "relu", [])(x), conv(x).relu(), atol=1e-5)
    except (AttributeError, NotImplementedError, RuntimeError, TypeError):
        return False
