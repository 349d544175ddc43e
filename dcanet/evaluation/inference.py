"""A network as it is evaluated: equal outputs but for rounding, in fewer passes over the feature maps."""

import torch
from torch import nn

from ..device import HALVES
from ..models.attention import Attention
from ..models.connection import Join
from .folding import fold_norms
from .fusing import fuse_activations


def make_fast(network: nn.Module, device: torch.device, precision: str = "float32") -> None:
    """Change a network in place, for inference only.

    Every BatchNorm is folded, attention overwrites the features that it refines, in float32 on a CPU
    activations are fused into convolutions, and in other precisions weights are cast once.

    Args:
        precision: that the network is going to run in, by autocast.
    """
    fold_norms(network)
    overwrite_features(network)
    if precision in HALVES:
        cast_weights(network, HALVES[precision])
    if device.type == "cpu" and precision == "float32":
        fuse_activations(network)


def overwrite_features(network: nn.Module) -> int:
    """Let attention blocks work in place where nothing reads their features later; returns how many do.

    In the backbones those are the output of a convolution or norm, which nothing else has.
    """
    blocks = [block for block in network.modules() if isinstance(block, Attention) and block.may_be_in_place]
    for block in blocks:
        block.in_place = True
    return len(blocks)


def cast_weights(network: nn.Module, dtype: torch.dtype) -> None:
    """Keep what autocast would cast at every call, for longer than many a small layer of attention takes.

    What a `Join` has is multiplied by hand, and autocast leaves its bias as it is.
    """
    by_hand = {module.mix for module in network.modules() if isinstance(module, Join)}
    for module in network.modules():
        if isinstance(module, nn.Conv2d | nn.Linear) and module not in by_hand:
            module.to(dtype)
