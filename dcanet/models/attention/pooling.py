"""Pooling of feature maps, with gradients that take few passes over the map and little new memory.

Torch's own gradients of a mean and of a maximum write several temporary maps; with them CBAM's pooling took
longer than all else that it adds to a training step (benchmarks/model_speed.md). Traced or compiled, these
are torch's own operations: cost counters and compilers know them.
"""

import math
from typing import Any

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable
from torch.nn import functional as F

from ..tracing import is_eager_on_cpu, is_traced


def pool(features: Tensor) -> Tensor:
    """Global average pooling, (N, C, H, W) -> (N, C)."""
    average: Tensor = GlobalAverage.apply(features) if _trains() else _average(features)
    return average.flatten(1)


def pool_windows(features: Tensor, height: int, width: int) -> Tensor:
    """Averages of windows, (N, C, H, W) -> (N, C, height, width); as they are where sizes agree.

    Windows are side by side where that gives the size, as it does for what padded convolutions of some stride
    leave, ceil(H / stride); the last is then of what is left. Else they overlap.
    """
    before = features.shape[2:]
    if before == (height, width):
        return features
    window = [math.ceil(have / want) for have, want in zip(before, (height, width), strict=True)]
    if [math.ceil(have / side) for have, side in zip(before, window, strict=True)] == [height, width]:
        return F.avg_pool2d(features, window, ceil_mode=True, count_include_pad=False)
    return F.adaptive_avg_pool2d(features, (height, width))


def average_and_maximum(features: Tensor) -> tuple[Tensor, Tensor]:
    """Global pooling of both kinds, (N, C, H, W) -> (N, C) each."""
    if _trains():
        average, maximum = GlobalAverageAndMaximum.apply(features)
    else:
        average, maximum = _average(features), _maximum(features)
    return average.flatten(1), maximum.flatten(1)


def maximum_and_mean_of_channels(features: Tensor) -> Tensor:
    """Both at each position, (N, C, H, W) -> (N, 2, H, W)."""
    both = ChannelMaximumAndMean.apply(features) if _trains() else _over_channels(features)
    return torch.cat(both, dim=1)


class GlobalAverage(torch.autograd.Function):
    """(N, C, H, W) -> (N, C, 1, 1); the gradient is kept as one number per channel and not written out."""

    @staticmethod
    def forward(ctx: Any, features: Tensor) -> Tensor:
        ctx.shape = features.shape
        return _average(features)

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> Tensor:
        return (grad / ctx.shape[2:].numel()).expand(ctx.shape)


class GlobalAverageAndMaximum(torch.autograd.Function):
    """(N, C, H, W) -> (N, C, 1, 1) twice; of equal maxima one has the gradient, as in max pooling."""

    @staticmethod
    def forward(ctx: Any, features: Tensor) -> tuple[Tensor, Tensor]:
        if features.device.type == "cpu":
            maximum, place = F.adaptive_max_pool2d(features, 1, return_indices=True)
        else:
            maximum, place = (each.unsqueeze(3) for each in features.flatten(2).max(dim=2, keepdim=True))
        ctx.save_for_backward(place)
        ctx.shape, ctx.layout = features.shape, _layout(features)
        return _average(features), maximum

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, grad_average: Tensor, grad_maximum: Tensor) -> Tensor:
        (place,) = ctx.saved_tensors
        everywhere = grad_average / ctx.shape[2:].numel()
        grad = everywhere.expand(ctx.shape).contiguous(memory_format=ctx.layout)
        there = everywhere + grad_maximum
        if grad.device.type == "cpu":
            # `scatter_` would write a bfloat16 map anew, twice.
            image, channel = (torch.arange(size) for size in ctx.shape[:2])
            grad.flatten(2)[image[:, None], channel, place.flatten(1)] = there.flatten(1)
        else:
            grad.flatten(2).scatter_(2, place.flatten(2), there.flatten(2))
        return grad


class ChannelMaximumAndMean(torch.autograd.Function):
    """(N, C, H, W) -> (N, 1, H, W) twice; equal maxima share the gradient, as in `amax`."""

    @staticmethod
    def forward(ctx: Any, features: Tensor) -> tuple[Tensor, Tensor]:
        maximum, mean = _over_channels(features)
        ctx.save_for_backward(features, maximum)
        return maximum, mean

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, grad_maximum: Tensor, grad_mean: Tensor) -> Tensor:
        features, maximum = ctx.saved_tensors
        # In numbers, since torch is slow to sum and multiply truth values; then overwritten by the gradient.
        is_maximum = torch.eq(features, maximum, out=torch.empty_like(features))
        share = grad_maximum / is_maximum.sum(dim=1, keepdim=True)
        grad_mean = grad_mean / features.shape[1]
        if features.device.type == "cpu":
            # Of numbers for each place `addcmul` takes the channels one by one there.
            return is_maximum.mul_(share).add_(grad_mean)
        return torch.addcmul(grad_mean, is_maximum, share, out=is_maximum)


def _trains() -> bool:
    return torch.is_grad_enabled() and not is_traced() and not torch.compiler.is_compiling()


def _average(features: Tensor) -> Tensor:
    if features.dtype is torch.bfloat16 and is_eager_and_channels_last(features):
        # The same sums in a fifth of the time where there are many channels; few are taken together with the
        # columns first, a row at a time.
        if not lies_in_short_rows(features):
            return F.avg_pool2d(features, features.shape[2:])
        n, channels, height, width = features.shape
        rows = features.permute(0, 2, 3, 1).reshape(n, 1, height, width * channels).permute(0, 3, 1, 2)
        columns = F.avg_pool2d(rows, (1, height)).view(n, width, channels)
        return columns.mean(dim=1)[:, :, None, None]
    # To 1x1 this runs as a mean (deterministic on GPUs too), and cost counters see it.
    return F.adaptive_avg_pool2d(features, 1)


def _maximum(features: Tensor) -> Tensor:
    if is_eager_and_channels_last(features):
        # A quarter of the time that `amax` takes for few channels.
        return F.max_pool2d(features, features.shape[2:])
    return features.amax(dim=(2, 3))


def is_eager_and_channels_last(features: Tensor) -> bool:
    """Whether this is a CPU's map whose channels lie side by side, and nobody counts or compiles."""
    return is_eager_on_cpu(features) and _layout(features) == torch.channels_last


def _over_channels(features: Tensor) -> tuple[Tensor, Tensor]:
    values = features
    if features.dtype is torch.bfloat16 and is_eager_and_channels_last(features):
        # Torch takes bfloat16 that lies side by side one by one; as float32 it is read in half the time.
        values = features.float()
    if lies_in_short_rows(features):
        values = values.contiguous()
    maximum, mean = values.amax(dim=1, keepdim=True), values.mean(dim=1, keepdim=True)
    return maximum.to(features.dtype), mean.to(features.dtype)


def lies_in_short_rows(features: Tensor) -> bool:
    """Whether work on all channels of a place is slow, since they are fewer than a vector has values."""
    return features.shape[1] < 32 and is_eager_and_channels_last(features)


def _layout(features: Tensor) -> torch.memory_format:
    is_channels_last = features.is_contiguous(memory_format=torch.channels_last)
    return torch.channels_last if is_channels_last else torch.contiguous_format
