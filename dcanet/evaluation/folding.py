"""Inference with fewer passes over the feature maps: BatchNorm folded into the convolution before it."""

from itertools import pairwise

from torch import nn

from ..models.layers import is_plain_convolution


def fold_norms(model: nn.Module) -> int:
    """Fold every BatchNorm that follows a convolution in a sequence, in place; returns how many.

    In evaluation both are linear per channel, so that the folded convolution computes the same but for
    rounding (float32: logits within 1e-4). The new weights are computed in float64. Only neighbours in an
    `nn.Sequential` are touched: there nothing else can read what lies between them.
    """
    model.eval()
    folded = 0
    for sequence in [module for module in model.modules() if isinstance(module, nn.Sequential)]:
        for (name, conv), (norm_name, norm) in pairwise(list(sequence.named_children())):
            if is_plain_convolution(conv) and type(norm) is nn.BatchNorm2d and norm.track_running_stats:
                dtype = conv.weight.dtype
                exact = nn.utils.fuse_conv_bn_eval(conv.double(), norm.double())
                setattr(sequence, name, exact.to(dtype))
                setattr(sequence, norm_name, nn.Identity())
                folded += 1
    return folded
