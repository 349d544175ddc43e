"""Convolutions on a CPU: the activation applied as they write, weights in the order that suits it."""

from itertools import pairwise
from typing import TypeGuard

import torch
from torch import Tensor, nn

from ..models.layers import is_plain_convolution

#: oneDNN's names and limits of the activations that it applies within a convolution.
ACTIVATIONS: dict[type[nn.Module], tuple[str, list[float]]] = {
    nn.ReLU: ("relu", []),
    nn.ReLU6: ("hardtanh", [0.0, 6.0]),
}


class FusedConvolution(nn.Module):
    """A convolution and the activation after it, if any, in one oneDNN operation; no gradient.

    It computes in the dtype of the weights, whatever autocast says.

    Which order of the weights is best depends on the size of the input, and with one that is made for another
    size it takes longer than with plain weights. So they are put in order for the first input, and inputs of
    other sizes take the plain ones.
    """

    def __init__(self, conv: nn.Conv2d, activation: str = "none", limits: list[float] | None = None) -> None:
        super().__init__()
        self.weight, self.bias = conv.weight, conv.bias
        self.place = (conv.padding, conv.stride, conv.dilation, conv.groups)
        self.activation, self.limits = activation, limits or []
        self._ordered: tuple[torch.Size, Tensor] | None = None

    def forward(self, x: Tensor) -> Tensor:
        x = x.to(self.weight.dtype)
        found: Tensor = torch.ops.mkldnn._convolution_pointwise(
            x,
            self._weight_for(x),
            self.bias,
            *self.place,
            self.activation,
            self.limits,
            "",
        )
        return found

    def _weight_for(self, x: Tensor) -> Tensor:
        if torch.compiler.is_compiling():
            return self.weight
        if self._ordered is None:
            weight = torch.ops.mkldnn._reorder_convolution_weight(self.weight.detach(), *self.place, x.shape)
            self._ordered = (x.shape, weight)
        size, weight = self._ordered
        return weight if x.shape == size else self.weight


def fuse_activations(model: nn.Module) -> int:
    """Fuse every ReLU and ReLU6 into the convolution before it in its sequence, in place; returns how many.

    The operations are those that torch's own compiler emits; a torch or a processor without them leaves the
    model as it is. Convolutions in a sequence that no activation follows take part for the order of their
    weights. Others may be those of small vectors, for which oneDNN takes longer.
    """
    dtypes = {module.weight.dtype for module in model.modules() if is_plain_convolution(module)}
    if not all(map(_available, dtypes)):
        return 0
    fused = 0
    for sequence in [module for module in model.modules() if isinstance(module, nn.Sequential)]:
        layers = [item for item in sequence.named_children() if not isinstance(item[1], nn.Identity)]
        for (name, conv), (next_name, following) in pairwise([*layers, ("", nn.Identity())]):
            if _is_plain(conv) and type(following) in ACTIVATIONS:
                setattr(sequence, name, FusedConvolution(conv, *ACTIVATIONS[type(following)]))
                setattr(sequence, next_name, nn.Identity())
                fused += 1
            elif _is_plain(conv):
                setattr(sequence, name, FusedConvolution(conv))
    return fused


def _is_plain(module: nn.Module) -> TypeGuard[nn.Conv2d]:
    return (
        is_plain_convolution(module)
        and module.padding_mode == "zeros"
        and not isinstance(module.padding, str)
    )


def _available(dtype: torch.dtype) -> bool:
    if not torch.backends.mkldnn.is_available():
        return False
    conv = nn.Conv2d(2, 2, 1, bias=False, dtype=dtype)
    nn.init.constant_(conv.weight, 0.5)
    x = torch.tensor([1.0, -1.0], dtype=dtype).view(2, 1, 1, 1).expand(2, 2, 1, 1).contiguous()
    try:
        with torch.inference_mode():
            return torch.equal(FusedConvolution(conv, "relu")(x), x.clamp(min=0))
    except (AttributeError, NotImplementedError, RuntimeError, TypeError):
        return False
