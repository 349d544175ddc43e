"""Depthwise convolutions that train fast on processors."""

import itertools
import math
from typing import Any

import torch
from torch import Tensor, nn
from torch.autograd.function import once_differentiable
from torch.nn import functional as F

#: Side of the kernels whose weights oneDNN has a quick gradient for.
QUICK = 3


class DepthwiseConv2d(nn.Conv2d):
    """One odd square kernel per channel, without bias; padding keeps the size at stride 1.

    As `nn.Conv2d` but for gradients on a CPU: many shapes are left by oneDNN to its reference code, which
    takes 2 to 50 times as long (benchmarks/depthwise.md), and of dilated kernels its bfloat16 gradient is
    wrong, too (see `DilatedConv2d`).
    """

    def __init__(self, channels: int, kernel: int, stride: int = 1, dilation: int = 1) -> None:
        padding = dilation * (kernel // 2)
        super().__init__(
            channels, channels, kernel, stride, padding, dilation=dilation, groups=channels, bias=False
        )

    def forward(self, x: Tensor) -> Tensor:
        """(N, C, H, W) -> (N, C, ceil(H / stride), ceil(W / stride))."""
        if not torch.is_grad_enabled() or x.device.type != "cpu" or torch.jit.is_tracing():
            return super().forward(x)
        if self.bias is not None:  # a folded norm's
            return super().forward(x)
        weight, stride, dilation = self.weight, self.stride[0], self.dilation[0]
        if torch.is_autocast_enabled("cpu"):
            dtype = torch.get_autocast_dtype("cpu")
            x, weight = x.to(dtype), weight.to(dtype)
        if _quick_for_input(x, stride, dilation) and _quick_for_weight(x, weight, stride, dilation):
            return super().forward(x)
        found: Tensor = Depthwise.apply(x, weight, stride, dilation)
        return found


class Depthwise(torch.autograd.Function):
    """The convolution, with gradients by those of oneDNN's kernels that are quick."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, weight: Tensor, stride: int, dilation: int) -> Tensor:
        ctx.save_for_backward(x, weight)
        ctx.stride, ctx.dilation = stride, dilation
        return _convolution(x, weight, stride, dilation)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor | None, Tensor | None, None, None]:
        x, weight = ctx.saved_tensors
        wants_x, wants_weight, *_ = ctx.needs_input_grad
        grad_x = _input_gradient(grad, x, weight, ctx.stride, ctx.dilation) if wants_x else None
        grad_weight = _weight_gradient(grad, x, weight, ctx.stride, ctx.dilation) if wants_weight else None
        return grad_x, grad_weight, None, None


def _input_gradient(grad: Tensor, x: Tensor, weight: Tensor, stride: int, dilation: int) -> Tensor:
    """dL/dx of y = conv(x), from dL/dy.

    Where oneDNN lacks a quick kernel, it is a convolution with the kernel turned around, of dL/dy with zeros
    between where there is a stride.
    """
    if _quick_for_input(x, stride, dilation):
        return _gradient(grad, x, weight, stride, weight.shape[2] // 2, of_input=True)
    if stride > 1:
        spread = torch.zeros_like(x)
        spread[..., ::stride, ::stride] = grad
        grad = spread
    return _convolution(grad, weight.flip(2, 3), 1, dilation)


def _weight_gradient(grad: Tensor, x: Tensor, weight: Tensor, stride: int, dilation: int) -> Tensor:
    """dL/dw of y = conv(x), from dL/dy.

    Where oneDNN lacks a quick kernel, it is put together of gradients of 3x3 kernels that are not dilated: a
    wider kernel is covered by several, each of which sees a window of the padded map; and with dilation d,
    places that are d / gcd(stride, d) apart see the same pixels, every d-th of the map, so for them it is not
    dilated.
    """
    kernel = weight.shape[2]
    if _quick_for_weight(x, weight, stride, dilation):
        return _gradient(grad, x, weight, stride, kernel // 2, of_input=False)

    # Further from the middle of the kernel than the map is wide it sees nothing but padding.
    blind = max(0, kernel // 2 - max(1, (max(x.shape[2:]) - 1) // dilation))
    seeing = (..., slice(blind, kernel - blind), slice(blind, kernel - blind))
    seen = _by_pieces(grad, x, weight[seeing], stride, dilation)
    return F.pad(seen, (blind,) * 4).to(weight.dtype)


def _quick_for_input(x: Tensor, stride: int, dilation: int) -> bool:
    """Whether oneDNN has a quick kernel for the gradient of the input."""
    return dilation == 1 and (stride == 1 or x.dtype is not torch.bfloat16)


def _quick_for_weight(x: Tensor, weight: Tensor, stride: int, dilation: int) -> bool:
    """Whether it has one for that of the weights; it has none for maps smaller than kernel and padding."""
    kernel = weight.shape[2]
    fits = min(x.shape[2:]) >= kernel + kernel // 2
    is_narrow = kernel <= QUICK or (stride > 1 and x.dtype is not torch.bfloat16)
    return kernel == 1 or (dilation == 1 and fits and is_narrow)


def _by_pieces(grad: Tensor, x: Tensor, weight: Tensor, stride: int, dilation: int) -> Tensor:
    """The gradient of the weights from 3x3 gradients; at least float32."""
    kernel = weight.shape[2]
    margin = dilation * (kernel // 2)
    margins = (0, 0, margin, margin, margin, margin)  # of channels, columns and rows
    padded = F.pad(x.permute(0, 2, 3, 1), margins).permute(0, 3, 1, 2)
    together = math.gcd(stride, dilation)
    phases, step = dilation // together, stride // together
    corners = [min(start, kernel - QUICK) for start in range(0, kernel, QUICK)]
    result = torch.zeros_like(weight, dtype=torch.promote_types(x.dtype, torch.float32))
    for down, across in itertools.product(range(phases), repeat=2):
        part = _in_channels_last(grad[..., down::phases, across::phases])
        if not part.numel():
            continue
        high, wide = (QUICK + step * (side - 1) for side in part.shape[2:])
        of_part = torch.empty_like(weight)
        for i, j in itertools.product(corners, repeat=2):
            top, left = down * stride + i * dilation, across * stride + j * dilation
            window = _in_channels_last(padded[..., top::dilation, left::dilation][..., :high, :wide])
            piece = (..., slice(i, i + QUICK), slice(j, j + QUICK))
            of_part[piece] = _gradient(part, window, weight[piece], step, 0, of_input=False)
        result += of_part
    return result


def _convolution(x: Tensor, weight: Tensor, stride: int, dilation: int) -> Tensor:
    padding = dilation * (weight.shape[2] // 2)
    return F.conv2d(x, weight, None, stride, padding, dilation, groups=len(weight))


def _gradient(grad: Tensor, x: Tensor, weight: Tensor, stride: int, padding: int, of_input: bool) -> Tensor:
    """oneDNN's, of a convolution that is not dilated: of its input, or else of its weights."""
    found = torch.ops.aten.convolution_backward(
        grad,
        x,
        weight,
        None,
        [stride] * 2,
        [padding] * 2,
        [1, 1],
        False,
        [0, 0],
        len(weight),
        [of_input, not of_input, False],
    )
    return found[0 if of_input else 1]


def _in_channels_last(maps: Tensor) -> Tensor:
    return maps.contiguous(memory_format=torch.channels_last)
