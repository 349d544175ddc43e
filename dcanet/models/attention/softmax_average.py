"""The average over the places of a map by a softmax of their scores: what GC extracts."""

from typing import Any

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable
from torch.nn import functional as F

from ..tracing import is_traced
from .pooling import is_eager_and_channels_last


def softmax_average(features: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
    """sum_j p_j F_j over the places j with p = softmax_j(w F_j + b) (arXiv 1904.11492).

    Shapes: features (N, C, H, W), weight (1, C, 1, 1), bias (1,); gives (N, 1, C).
    """
    if is_eager_and_channels_last(features):
        if torch.is_grad_enabled():
            average: Tensor = SoftmaxAverage.apply(features, weight, bias)
            return average
        return _average(features, weight, bias)[0]
    if torch.compiler.is_compiling() and features.device.type == "cpu" and not is_traced():
        return _fusible(features, weight, bias)
    scores = F.conv2d(features, weight, bias).flatten(2)
    return torch.matmul(scores.softmax(dim=2), places(features))


class SoftmaxAverage(torch.autograd.Function):
    """As `softmax_average`, of channels_last maps and in their precision.

    The gradient of the map is p_j g + d_j w with the gradients g of the average and d of the scores: in
    bfloat16 one product of thin matrices. Step by step torch writes both terms and then their sum.
    """

    @staticmethod
    def forward(ctx: Any, features: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
        average, shares = _average(features, weight, bias)
        ctx.save_for_backward(features, weight, shares)
        return average

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        features, weight, shares = ctx.saved_tensors
        dtype = features.dtype
        of_shares = torch.bmm(grad, features.flatten(2)).to(shares.dtype)  # (N, 1, HW)
        of_scores = shares * (of_shares - (shares * of_shares).sum(dim=2, keepdim=True))
        of_weight = of_scores.to(dtype).view(1, -1) @ places(features).flatten(0, 1)  # (1, C)

        columns = torch.stack((shares, of_scores), dim=3).squeeze(1).to(dtype)  # (N, HW, 2)
        rows = torch.cat((grad, weight.to(dtype).view(1, 1, -1).expand_as(grad)), dim=1)  # (N, 2, C)
        if dtype is torch.bfloat16:
            of_features = torch.bmm(columns, rows)
        else:  # a third of the time that the product of such thin matrices takes
            of_features = (columns[:, :, :1] * rows[:, :1]).addcmul_(columns[:, :, 1:], rows[:, 1:])
        return (
            of_features.transpose(1, 2).unflatten(2, features.shape[2:]),
            of_weight.to(weight.dtype).view_as(weight),
            of_scores.sum().to(weight.dtype).view(1),
        )


def _average(features: Tensor, weight: Tensor, bias: Tensor) -> tuple[Tensor, Tensor]:
    """The average, and the shares (N, 1, HW) of the places in it, in float32 at least."""
    with torch.autocast("cpu", enabled=False):
        dtype, rows = features.dtype, places(features)
        # As a linear layer: of one channel, oneDNN's convolution takes up to four times as long.
        scores = F.linear(rows, weight.flatten(1).to(dtype), bias.to(dtype)).transpose(1, 2)
        shares = scores.softmax(dim=2, dtype=torch.promote_types(dtype, torch.float32))
        # Rows times matrix: in channels_last memory 7 to 30 times as fast as matrix times column.
        return torch.matmul(shares.to(dtype), rows), shares


def _fusible(features: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
    """The average as products and sums, which torch's compiler turns into one pass over the map each."""
    dtype = torch.promote_types(features.dtype, torch.float32)
    wide = features.to(dtype).flatten(2)  # (N, C, HW)
    scores = (wide * weight.to(dtype).flatten(2)).sum(dim=1, keepdim=True) + bias.to(dtype)
    return (wide * scores.softmax(dim=2)).sum(dim=2).unsqueeze(1).to(features.dtype)


def places(features: Tensor) -> Tensor:
    """(N, C, H, W) -> (N, HW, C)."""
    return features.flatten(2).transpose(1, 2)
