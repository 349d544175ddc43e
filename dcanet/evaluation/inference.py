"""A network as it is evaluated: equal outputs but for rounding, in fewer passes over the feature maps."""

import torch
from torch import nn

from ..models.attention import Attention
from .folding import fold_norms
from .fusing import fuse_activations


def make_fast(network: nn.Module, device: torch.device, precision: str = "float32") -> None:
    """Change a network in place, for inference only.

    Every BatchNorm is folded, attention overwrites the features that it refines, and in float32 on a CPU
    activations are fused into convolutions.
    """
    fold_norms(network)
    overwrite_features(network)
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
