"""Notes on an attention block while it runs: its operations and shapes, part by part."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from torch import Tensor, nn
from torch.overrides import TorchFunctionMode
from torch.utils._pytree import tree_leaves

from ..models.attention import Attention
from ..models.connection import Connection
from ..structure_documents import Gate, Operation, Origin

#: Functions that are told, and what they are called; those that move or reshape values are not.
OPERATIONS = {
    "adaptive_avg_pool2d": "average over places",
    "add": "add",
    "addcmul": "multiply, add",
    "avg_pool2d": "average of windows",
    "batch_norm": "BatchNorm",
    "layer_norm": "LayerNorm",
    "matmul": "weighted sum",
    "mul": "multiply",
    "relu": "ReLU",
    "sigmoid": "sigmoid",
    "hardswish": "h-swish",
    "reciprocal": "reciprocal",
    "softmax": "softmax",
    "square": "square",
    "sub": "subtract",
}
#: The same, of those that differ by the axis.
OVER = {"amax": "maximum", "mean": "mean", "sum": "sum"}
#: A block's methods, and the part of the structure that each is. Connecting begins with the matching.
PARTS = {
    "extract": "extraction",
    "connect": "matching",
    "transform": "transformation",
    "fuse": "fusion",
    "hand_on": "hand_on",
}


class Notes(TorchFunctionMode):
    """Operations and shapes of one attention, by the part in which they come."""

    def __init__(self, connections: int) -> None:
        super().__init__()
        self.connections = connections
        self.operations: dict[str, list[Operation]] = defaultdict(list)
        self.shapes: dict[str, list[int]] = {}
        self.origins: list[Origin] = []
        self.parts: list[str] = []
        self._read: set[int] = set()

    def __torch_function__(
        self,
        func: Callable[..., Any],
        types: Sequence[type],
        args: Sequence[Any] = (),
        kwargs: Mapping[str, Any] | None = None,
    ) -> Any:
        result = func(*args, **(kwargs or {}))
        if self.parts:
            self._read |= {id(value) for value in tree_leaves(list(args)) if isinstance(value, Tensor)}
            told = self.operations[self.parts[-1]]
            operation = _operation(func.__name__.strip("_"), args, kwargs or {})
            # What is done alike to several branches is told once.
            if operation and operation not in told[-1:]:
                told.append(operation)
        return result

    def within(self, part: str, method: Callable[..., Any]) -> Callable[..., Any]:
        """The method, whose operations are the part's unless another part has called it."""

        def called(*arguments: Any) -> Any:
            if self.parts:
                return method(*arguments)
            self._read = set()
            self.parts.append(part)
            try:
                result = method(*arguments)
            finally:
                self.parts.pop()
            self._told(part, arguments, result)
            return result

        return called

    def _told(self, part: str, arguments: Sequence[Any], result: Any) -> None:
        if part == "matching":
            self.shapes["handed"] = _shape(arguments[1])
        if part == "extraction":
            first, *_ = tree_leaves(arguments[0])
            self.shapes["features"] = _shape(first)
        self.shapes[part] = _shape(result)
        if part == "hand_on":
            names: tuple[Origin, ...] = ("features", "extraction", "attention", "refined")
            self.origins = [
                name
                for name, value in zip(names, arguments, strict=True)
                if value is result or any(id(leaf) in self._read for leaf in tree_leaves(value))
            ]

    def gate(self, name: str) -> Gate:
        return Gate(
            name=name,
            features=self.shapes["features"],
            handed=self.shapes["handed"],
            extraction=self.operations["extraction"],
            extracted=self.shapes["extraction"],
            matching=self.operations["matching"],
            merge=self.operations["merge"],
            connections=self.connections,
            transformation=self.operations["transformation"],
            attention=self.shapes["transformation"],
            fusion=self.operations["fusion"],
            refined=self.shapes["fusion"],
            hand_on=self.operations["hand_on"],
            hand_on_origins=self.origins,
            handed_on=self.shapes["hand_on"],
        )


@contextmanager
def noted(gate: Attention) -> Iterator[Notes]:
    """Notes on a gate, taken while this lasts."""
    first, *others = connections_of(gate)
    notes = Notes(1 + len(others))
    # Instance attributes are found before the class's methods.
    vars(gate).update({name: notes.within(part, getattr(gate, name)) for name, part in PARTS.items()})
    hooks = [*_as_part(notes, "merge", [first.merge]), *_as_part(notes, "alike", others)]
    try:
        with notes:
            yield notes
    finally:
        for name in PARTS:
            del vars(gate)[name]
        for hook in hooks:
            hook.remove()


def _as_part(notes: Notes, part: str, modules: Iterable[nn.Module]) -> Iterator[Any]:
    """Hooks by which the operations of modules are a part of their own."""

    def enter(*_: Any) -> None:
        notes.parts.append(part)

    def leave(*_: Any) -> None:
        notes.parts.pop()

    for module in modules:
        yield module.register_forward_pre_hook(enter)
        yield module.register_forward_hook(leave)


def connections_of(gate: Attention) -> list[Connection]:
    """The connections of an attention, one for each branch."""
    assert gate.connection is not None
    return [module for module in gate.connection.modules() if isinstance(module, Connection)]


def _operation(name: str, args: Sequence[Any], kwargs: Mapping[str, Any]) -> Operation | None:
    if name == "linear":
        given, taken = args[1].shape
        return Operation(name="linear", widths=(taken, given))
    if name == "conv2d":
        given, taken, height, width = args[1].shape
        return Operation(name=f"{height} × {width} convolution", widths=(taken, given))
    if name == "conv1d":
        return Operation(name=f"convolution of {args[1].shape[2]} neighbours")
    if name == "sum" and kwargs.get("dim") == 1:
        return Operation(name="sum of branches")
    if name in OVER:
        over = "channels" if kwargs.get("dim") == 1 else "places"
        return Operation(name=f"{OVER[name]} over {over}")
    return Operation(name=OPERATIONS[name]) if name in OPERATIONS else None


def _shape(value: Any) -> list[int]:
    """Of one image; (2N, C) is two vectors of it, and several tensors are one along the last side."""
    first, *others = tree_leaves(value)
    sides = [int(side) for side in first.shape]
    sides[-1] += sum(int(other.shape[-1]) for other in others)
    return sides[1:] if sides[0] == 1 else sides
