"""Depthwise convolutions that train fast on processors."""

import itertools
from collections.abc import Iterator, Sequence
from types import EllipsisType
from typing import Any

import torch
from torch import Tensor, nn
from torch.autograd.function import once_differentiable
from torch.nn import functional as F


class DepthwiseConv2d(nn.Conv2d):
    """One odd square kernel per channel, without bias; padding keeps the size at stride 1.

    As `nn.Conv2d` but for gradients on a CPU: dilated kernels, and maps smaller than kernel and padding, are
    left by oneDNN to its reference code, which takes 4 to 20 times as long (benchmarks/depthwise.md). Of
    dilated kernels its bfloat16 gradient is wrong, too (see `DilatedConv2d`). In bfloat16 strides and kernels
    wider than 3 are left to that code as well; in float32 they are not.
    """

    def __init__(self, channels: int, kernel: int, stride: int = 1, dilation: int = 1) -> None:
        padding = dilation * (kernel // 2)
        super().__init__(
            channels, channels, kernel, stride, padding, dilation=dilation, groups=channels, bias=False
        )

    def forward(self, x: Tensor) -> Tensor:
        """(N, C, H, W) -> (N, C, ceil(H / stride), ceil(W / stride))."""
        if not torch.is_grad_enabled() or x.device.type != "cpu":
            return super().forward(x)
        if torch.jit.is_tracing() or torch.compiler.is_compiling():
            return super().forward(x)
        weight, (kernel, *_), (stride, *_), (dilation, *_) = (
            self.weight,
            self.kernel_size,
            self.stride,
            self.dilation,
        )
        if torch.is_autocast_enabled("cpu"):
            dtype = torch.get_autocast_dtype("cpu")
            x, weight = x.to(dtype), weight.to(dtype)
        if dilation > 1 or min(x.shape[2:]) < kernel + kernel // 2:
            return ShiftedGradients.apply(x, weight, stride, dilation)
        if x.dtype is torch.bfloat16 and (stride > 1 or kernel > 3):
            return Float32Gradients.apply(x, weight, stride)
        return super().forward(x)


class ShiftedGradients(torch.autograd.Function):
    """A depthwise convolution whose gradients are sums over the kernel's k^2 shifts of the map.

    With y = sum_ij w_ij x_ij, where x_ij is the map seen from position (i, j) of the kernel:
    dL/dw_ij = sum over images and places of dL/dy x_ij, and dL/dx_ij gets w_ij dL/dy.
    """

    @staticmethod
    def forward(ctx: Any, x: Tensor, weight: Tensor, stride: int, dilation: int) -> Tensor:
        ctx.save_for_backward(x, weight)
        ctx.stride, ctx.dilation = stride, dilation
        padding = dilation * (weight.shape[2] // 2)
        return F.conv2d(x, weight, None, stride, padding, dilation, groups=weight.shape[0])

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor | None, Tensor | None, None, None]:
        x, weight = ctx.saved_tensors
        wants_x, wants_weight, *_ = ctx.needs_input_grad
        grad_x = _input_gradient(grad, x, weight, ctx.stride, ctx.dilation) if wants_x else None
        grad_weight = _weight_gradient(grad, x, weight, ctx.stride, ctx.dilation) if wants_weight else None
        return grad_x, grad_weight, None, None


class Float32Gradients(torch.autograd.Function):
    """A depthwise convolution, not dilated, whose gradients are computed in float32."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, weight: Tensor, stride: int) -> Tensor:
        ctx.save_for_backward(x, weight)
        ctx.stride = stride
        return F.conv2d(x, weight, None, stride, weight.shape[2] // 2, groups=weight.shape[0])

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor | None, Tensor | None, None]:
        x, weight = ctx.saved_tensors
        grad_x, grad_weight, _ = torch.ops.aten.convolution_backward(
            grad.float(),
            x.float(),
            weight.float(),
            None,
            [ctx.stride] * 2,
            [weight.shape[2] // 2] * 2,
            [1, 1],
            False,
            [0, 0],
            weight.shape[0],
            [*ctx.needs_input_grad[:2], False],
        )
        grad_x, grad_weight = (None if part is None else part.to(x.dtype) for part in (grad_x, grad_weight))
        return grad_x, grad_weight, None


def _input_gradient(grad: Tensor, x: Tensor, weight: Tensor, stride: int, dilation: int) -> Tensor:
    if stride == 1:
        padding = dilation * (weight.shape[2] // 2)
        return F.conv2d(grad, weight.flip(2, 3), None, 1, padding, dilation, groups=weight.shape[0])
    result = torch.zeros_like(x)
    for i, j, places, seen in shifts(weight.shape[2], stride, dilation, grad.shape[2:], x.shape[2:]):
        result[seen].addcmul_(grad[places], weight[:, 0, i, j, None, None])
    return result


def _weight_gradient(grad: Tensor, x: Tensor, weight: Tensor, stride: int, dilation: int) -> Tensor:
    result = torch.zeros_like(weight)
    exact = torch.promote_types(x.dtype, torch.float32)
    for i, j, places, seen in shifts(weight.shape[2], stride, dilation, grad.shape[2:], x.shape[2:]):
        result[:, 0, i, j] = (grad[places] * x[seen]).sum((0, 2, 3), dtype=exact)
    return result


Window = tuple[EllipsisType, slice, slice]


def shifts(
    kernel: int, stride: int, dilation: int, size_out: Sequence[int], size_in: Sequence[int]
) -> Iterator[tuple[int, int, Window, Window]]:
    """For each position (i, j) in the kernel: the outputs that see a pixel there, and those pixels."""
    rows, columns = (
        list(_overlaps(kernel, stride, dilation, *sizes)) for sizes in zip(size_out, size_in, strict=True)
    )
    for (i, rows_out, rows_in), (j, columns_out, columns_in) in itertools.product(rows, columns):
        yield i, j, (..., rows_out, columns_out), (..., rows_in, columns_in)


def _overlaps(
    kernel: int, stride: int, dilation: int, size_out: int, size_in: int
) -> Iterator[tuple[int, slice, slice]]:
    """As `shifts`, along one axis; positions that see nothing but padding are left out."""
    for position in range(kernel):
        shift = dilation * (position - kernel // 2)
        first = max(0, -(shift // stride))  # the smallest output with output * stride + shift >= 0
        last = min(size_out - 1, (size_in - 1 - shift) // stride)
        if first <= last:
            start = first * stride + shift
            yield position, slice(first, last + 1), slice(start, last * stride + shift + 1, stride)
