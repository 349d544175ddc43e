"""What each convention counts of an operation of a traced network, as handles for fvcore."""

import math
from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any, get_args

from torch import nn

from ..models.attention.sk import SelectiveKernel
from ..profile_documents import Convention
from .parts import join

CONVENTIONS: tuple[Convention, ...] = get_args(Convention)

#: In: the jit values that an operation takes and gives. Out: multiply-adds, perhaps by name.
Handle = Callable[[list[Any], list[Any]], Any]
#: (convention, None) -> multiply-adds; (convention, operation) -> how often it ran uncounted.
Key = tuple[Convention, str | None]

CONVOLUTIONS = ("aten::_convolution",)
PRODUCTS = ("aten::linear", "aten::addmm", "aten::mm", "aten::bmm", "aten::matmul", "aten::einsum")
LINEAR = ("aten::linear", "aten::addmm")
NORMS = ("aten::batch_norm",)
#: ReLU and ReLU6; the second is a hardtanh in torch.
RELUS = ("aten::relu", "aten::relu_", "aten::hardtanh", "aten::hardtanh_")
POOLS = ("aten::adaptive_avg_pool2d", "aten::adaptive_max_pool2d", "aten::max_pool2d")
MAXIMA = ("aten::amax",)


def handles(model: nn.Module, fvcore_rules: Mapping[str, Handle]) -> dict[str, Handle]:
    """For every operation that some convention counts, and those that fvcore passes over, ReLUs.

    A handle gives a Counter of `Key`s. `fvcore_rules` are the ones of fvcore's own; the conventions are
    described in `count_macs`.
    """
    gates = _gates_of_selective_kernels(model)

    def handle_of(kind: str) -> Handle:
        rule = fvcore_rules.get(kind)

        def handle(inputs: list[Any], outputs: list[Any]) -> Counter[Key]:
            own = _total(rule(inputs, outputs)) if rule else None
            counted: dict[Convention, int | None] = {
                "fvcore": own,
                "conv_linear": own if kind in CONVOLUTIONS + PRODUCTS else None,
                "published": _published(kind, own, inputs, outputs, gates),
            }
            return Counter(
                {
                    (convention, kind) if macs is None else (convention, None): 1 if macs is None else macs
                    for convention, macs in counted.items()
                }
            )

        return handle

    kinds = {*fvcore_rules, *CONVOLUTIONS, *PRODUCTS, *NORMS, *RELUS, *POOLS, *MAXIMA}
    return {kind: handle_of(kind) for kind in sorted(kinds)}


def _published(
    kind: str, macs: int | None, inputs: list[Any], outputs: list[Any], gates: frozenset[str]
) -> int | None:
    if kind in CONVOLUTIONS:
        assert macs is not None
        return macs + (_elements(outputs[0]) if _is_tensor(inputs[2]) else 0)
    if kind in LINEAR:
        return macs
    if kind in NORMS:
        return 2 * _elements(inputs[0])
    if kind in RELUS and _module_of(outputs[0]) not in gates:
        return _elements(inputs[0])
    if kind in POOLS or (kind in MAXIMA and _is_over_positions(inputs)):
        return _elements(inputs[0])
    return None


def _gates_of_selective_kernels(model: nn.Module) -> frozenset[str]:
    """Paths of the layers whose ReLU is no module of the authors'."""
    return frozenset(
        join(path, f"select.{layer}")
        for path, block in model.named_modules()
        if isinstance(block, SelectiveKernel)
        for layer, _ in block.select.named_children()
    )


def _is_over_positions(inputs: list[Any]) -> bool:
    """Whether a maximum is one of every channel, as by adaptive pooling, and not one over the channels."""
    dimensions = {dimension.toIValue() for dimension in inputs[1].node().inputs()}
    return dimensions == set(range(2, len(inputs[0].type().sizes())))


def _module_of(value: Any) -> str:
    """The path of the module whose operation this is the output of."""
    path: str = value.node().scopeName().rpartition("/")[2]
    return path


def _is_tensor(value: Any) -> bool:
    return bool(value.isCompleteTensor())


def _elements(value: Any) -> int:
    return math.prod(value.type().sizes())


def _total(counted: Any) -> int:
    """fvcore's rules give a number, or numbers by name."""
    return int(sum(counted.values()) if isinstance(counted, Counter) else counted)
