"""The connection of DCANet (arXiv 2007.05099): how an attention block hears the one before it.

A block's extraction E_k is merged with what block k-1 handed on, after *matching* its width:

    E'_k = merge(E_k, match(previous))

`Connection` is the only place where that happens. What differs between attention blocks and
backbones of the paper is data: which `match` and which `merge` (see `forms.py`).
"""

import itertools
from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from .layers import narrowed, weights
from .pointwise import PointwiseConv2d
from .tracing import is_traced


class Connection(nn.Module):
    """Merge the current extraction with the previous block's attention.

    Parameters exist in the first block of a network too, as in the authors' checkpoints, although
    nothing is handed to it.
    """

    def __init__(self, merge: nn.Module, match: nn.Module | None = None) -> None:
        super().__init__()
        self.match = match or nn.Identity()
        self.merge = merge

    def forward(self, current: Tensor, previous: Tensor) -> Tensor:
        return self.merge(current, self.match(previous))

    def macs(self, positions: int = 1, merges: int = 1) -> int:
        """Multiply-adds of convolutions and linear layers: weights of the matching, and 2 C for each join.

        Args:
            positions: that the matching is applied to, 1 for a vector.
            merges: how often the matched is merged; only a `Join` has layers.
        """
        join = self.merge.macs() if isinstance(self.merge, Join) else 0
        return positions * weights(self.match) + merges * join


class Unheard(nn.Module):
    """In a connection's place where a chain begins anew: the block hands on and hears nobody.

    It has no parameters, which no gradient would reach.
    """


class Addition(nn.Module):
    """current + previous, without parameters: the ablation of every weighted merge."""

    def forward(self, current: Tensor, previous: Tensor) -> Tensor:
        return current + previous


def merging(merge: str, weighted: Callable[[], nn.Module]) -> nn.Module:
    """The merge of a connection: `weighted()`, or an `Addition` in its place."""
    if merge not in ("weighted", "addition"):
        raise ValueError(f"merge must be 'weighted' or 'addition', not {merge!r}")
    return weighted() if merge == "weighted" else Addition()


class Join(nn.Module):
    """ReLU(LN(w1 current + w2 previous + b)) of two (N, C) vectors; SE, GE, SK and CBAM's channels."""

    def __init__(self, channels: int, bias: bool = True) -> None:
        super().__init__()
        self.mix = nn.Conv2d(2, 1, kernel_size=1, bias=bias)
        self.norm = nn.LayerNorm(channels)

    def forward(self, current: Tensor, previous: Tensor) -> Tensor:
        return F.relu(self.norm(self._mixed(current, previous)))  # (N, C)

    def _mixed(self, current: Tensor, previous: Tensor) -> Tensor:
        if is_traced():
            pair = torch.stack((current, previous), dim=1).unsqueeze(2)  # (N, 2, 1, C)
            return self.mix(pair)[:, 0, 0]
        # As a product of matrices: of so little, oneDNN's convolution takes 4 to 30 times as long.
        mixed = self.mix.weight.flatten(1) @ torch.stack((current, previous)).flatten(1)  # (1, NC)
        return (mixed if self.mix.bias is None else mixed + self.mix.bias).view_as(current)

    def macs(self) -> int:
        """Multiply-adds of the convolution: 2 C."""
        return weights(self.mix) * self.norm.normalized_shape[0]


class ScaledSum(nn.Module):
    """current + scale * previous with one learned scalar that starts at 0; GC."""

    def __init__(self) -> None:
        super().__init__()
        self.scale = nn.Parameter(torch.zeros(1))

    def forward(self, current: Tensor, previous: Tensor) -> Tensor:
        return current + self.scale * previous


class WeightedMaps(nn.Module):
    """ReLU(BN(p1 current + p2 previous)) of two (N, C, H, W) maps; CBAM's spatial gate (C = 2)."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.current_weight = nn.Parameter(torch.ones(1))
        self.previous_weight = nn.Parameter(torch.zeros(1))
        self.norm = nn.BatchNorm2d(channels)

    def forward(self, current: Tensor, previous: Tensor) -> Tensor:
        return F.relu(self.norm(self.current_weight * current + self.previous_weight * previous))


def match_vectors(previous: int, channels: int, matching: str, reduction: int) -> nn.Module | None:
    """Width matching of an (N, previous) vector to (N, channels); None when the widths agree.

    `one_layer` is Linear-LN-ReLU (the released ResNet code); `two_layer` puts a bottleneck of
    channels // reduction between (what the paper's text says and Table 1's sizes need).
    """
    if previous == channels:
        return None
    widths = [previous, channels]
    if matching == "two_layer":
        widths.insert(1, narrowed(channels, reduction))
    elif matching != "one_layer":
        raise ValueError(f"matching must be 'one_layer' or 'two_layer', not {matching!r}")
    layers: list[nn.Module] = []
    for width_in, width_out in itertools.pairwise(widths):
        layers += [nn.Linear(width_in, width_out), nn.LayerNorm(width_out), nn.ReLU(inplace=True)]
    return nn.Sequential(*layers)


def match_maps(previous: int, channels: int, bias: bool) -> nn.Module | None:
    """Width matching of an (N, previous, H, W) map by a 1x1 convolution; None when the widths agree."""
    if previous == channels:
        return None
    return nn.Sequential(
        PointwiseConv2d(previous, channels, bias=bias),
        nn.BatchNorm2d(channels),
        nn.ReLU(inplace=True),
    )
