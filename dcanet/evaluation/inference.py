"""A network as it is evaluated: equal outputs but for rounding, in fewer passes over the feature maps."""

import torch
from torch import nn

from ..device import HALVES
from ..models.attention import Attention
from ..models.connection import Join
from ..models.layers import ConvNormAct
from .folding import fold_norms
from .fusing import fuse_activations


def make_fast(network: nn.Module, device: torch.device, precision: str = "float32") -> None:
    """Change a network in place, for inference only.

    Every BatchNorm is folded, attention overwrites the features that it refines, in other precisions than
    float32 weights are cast once, and on a CPU activations are fused into convolutions.

    Args:
        precision: that the network is going to run in, by autocast.
    """
    fold_norms(network)
    overwrite_features(network)
    if precision in HALVES:
        cast_weights(network, HALVES[precision], device)
    if device.type == "cpu":
        fuse_activations(network)


def overwrite_features(network: nn.Module) -> int:
    """Let attention blocks work in place where nothing reads their features later; returns how many do.

    In the backbones those are the output of a convolution or norm, which nothing else has.
    """
    blocks = [block for block in network.modules() if isinstance(block, Attention) and block.may_be_in_place]
    for block in blocks:
        block.in_place = True
    return len(blocks)


def cast_weights(network: nn.Module, dtype: torch.dtype, device: torch.device) -> None:
    """Keep what autocast would cast at every call, for longer than many a small layer of attention takes.

    Layers that compute in float32 stay as they are: those of vectors on a CPU, and what a `Join` has, which
    is multiplied by hand.
    """
    kept = set[nn.Module]()
    for module in network.modules():
        if isinstance(module, Attention) and module.on_vectors and device.type == "cpu":
            kept |= set(module.modules()) - _convolutions_of_maps(module)
        if isinstance(module, Join):
            kept.add(module.mix)
    for module in network.modules():
        if isinstance(module, nn.Conv2d | nn.Linear) and module not in kept:
            module.to(dtype)


def _convolutions_of_maps(block: nn.Module) -> set[nn.Module]:
    """Those of an attention block that stands in a convolution's place."""
    return {unit.conv for unit in block.modules() if isinstance(unit, ConvNormAct)}
