"""Traces of networks for fvcore: without arithmetic, every operation in the part that it belongs to."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.nn.modules.utils import _ntuple
from torch.overrides import TorchFunctionMode
from torch.utils._python_dispatch import TorchDispatchMode

from ..models.attention import Attention
from .parts import join

aten = torch.ops.aten
CONVOLUTIONS = (torch.conv1d, torch.conv2d, torch.conv3d)
TRANSPOSED = (torch.conv_transpose1d, torch.conv_transpose2d, torch.conv_transpose3d)
NORMS = (F.batch_norm, F.layer_norm)


@contextmanager
def traceable(model: nn.Module, inputs: Sequence[Tensor]) -> Iterator[None]:
    """While this lasts, torch's tracer sees of the model what is to be counted.

    On the meta device nothing is computed and no memory is taken.
    """
    with ExitStack() as stack:
        stack.enter_context(torch.no_grad())
        stack.enter_context(_connections_as_modules(model))
        if any(tensor.is_meta for tensor in inputs):
            stack.enter_context(OnMeta())
        yield


class OnMeta(TorchFunctionMode):
    """Lets the tracer see convolutions on the meta device, and be quick about norms.

    It records convolutions as `aten::_convolution`, which other devices call on the way and the meta device
    does not, so there they would be missing without a word.
    """

    def __torch_function__(
        self,
        func: Callable[..., Any],
        types: Sequence[type],
        args: Sequence[Any] = (),
        kwargs: Mapping[str, Any] | None = None,
    ) -> Any:
        if func in CONVOLUTIONS:
            return _convolution(*args, **(kwargs or {}))
        if func in TRANSPOSED:
            raise NotImplementedError(f"{func.__name__} is not recorded on the meta device")
        if func in NORMS:
            with Shapes():  # type: ignore[no-untyped-call]
                return func(*args, **(kwargs or {}))
        return func(*args, **(kwargs or {}))


def _convolution(
    x: Tensor,
    weight: Tensor,
    bias: Tensor | None = None,
    stride: Any = 1,
    padding: Any = 0,
    dilation: Any = 1,
    groups: int = 1,
) -> Tensor:
    each = _ntuple(weight.dim() - 2)
    sizes = each(stride), each(padding), each(dilation)
    not_transposed, backends = (False, each(0)), (False, False, False, False)
    with Shapes():  # type: ignore[no-untyped-call]
        found: Tensor = aten._convolution.default(x, weight, bias, *sizes, *not_transposed, groups, *backends)
    return found


class Shapes(TorchDispatchMode):
    """Answers convolutions and norms with empty tensors.

    Torch's own answer to `aten::_convolution` on the meta device cannot do with the tracer's sizes, which are
    tensors; and its norms go through every step of their arithmetic, a fifth of the time of a trace.
    """

    def __torch_dispatch__(
        self,
        func: Any,
        types: Sequence[type],
        args: Sequence[Any] = (),
        kwargs: Mapping[str, Any] | None = None,
    ) -> Any:
        if func is aten._convolution.default:
            return _convolved(*args[:6])
        if func in (aten.native_batch_norm.default, aten.native_layer_norm.default):
            statistics = args[0].new_empty(0)
            return torch.empty_like(args[0]), statistics, statistics
        return func(*args, **(kwargs or {}))


def _convolved(
    x: Tensor,
    weight: Tensor,
    bias: Tensor | None,
    stride: Sequence[int],
    padding: Sequence[int],
    dilation: Sequence[int],
) -> Tensor:
    """Of the shape that the convolution of (N, C, ...) gives."""
    sides = [
        (int(side) + 2 * p - d * (int(kernel) - 1) - 1) // s + 1
        for side, kernel, s, p, d in zip(
            x.shape[2:], weight.shape[2:], stride, padding, dilation, strict=True
        )
    ]
    return x.new_empty((int(x.shape[0]), int(weight.shape[0]), *sides))


@contextmanager
def _connections_as_modules(model: nn.Module) -> Iterator[None]:
    """Have all that connecting adds to a block recorded as its `connection`'s.

    A block pools what it was handed before it calls the connection, and computes what it hands on by itself.
    """
    blocks = connected_blocks(model)
    for path, block in blocks.items():
        scope = join(path, "connection")
        # Instance attributes are found before the class's methods.
        vars(block).update(connect=_in_scope(scope, block.connect), hand_on=_in_scope(scope, block.hand_on))
    try:
        yield
    finally:
        for block in blocks.values():
            del vars(block)["connect"], vars(block)["hand_on"]


def connected_blocks(model: nn.Module) -> dict[str, Attention]:
    """Attention blocks that hand on, by their paths, in order."""
    return {
        path: block
        for path, block in model.named_modules()
        if isinstance(block, Attention) and block.connected
    }


def _in_scope(scope: str, method: Callable[..., Any]) -> Callable[..., Any]:
    def scoped(*args: Any) -> Any:
        state = torch._C._get_tracing_state()
        assert state is not None
        state.push_scope(scope)
        try:
            return method(*args)
        finally:
            state.pop_scope()

    return scoped
