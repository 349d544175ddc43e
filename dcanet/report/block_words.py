"""What a block is made of, in words."""

from collections.abc import Sequence

from ..structure_documents import BlockStructure, Gate, Operation


def summary(block: BlockStructure, gate: Gate) -> str:
    """The drawing in words."""
    matching = ", ".join(told(gate.matching)) or "none, the widths agree"
    parts = (
        f"block {block.number - 1} hands on {size(gate.handed)}",
        f"matching: {matching}",
        f"extraction: {', '.join(told(gate.extraction))}, giving {size(gate.extracted)}",
        f"merge: {', '.join(told(gate.merge))}{_times(gate)}",
        f"transformation: {', '.join(told(gate.transformation))}, giving {size(gate.attention)}",
        f"fusion: {', '.join(told(gate.fusion))}, giving {size(gate.refined)}",
        f"handed on: {_made(gate)}, {size(gate.handed_on)}",
    )
    return "; ".join(parts)


def told(operations: Sequence[Operation]) -> list[str]:
    """Operations in words, layers with their widths."""
    return [
        f"{operation.name.replace('convolution', 'conv')} {operation.widths[0]} → {operation.widths[1]}"
        if operation.widths
        else operation.name
        for operation in operations
    ]


def size(shape: Sequence[int]) -> str:
    """A shape; of a vector that stands over places, the vector's."""
    sides = list(shape)
    while len(sides) > 1 and sides[-1] == 1:
        sides.pop()
    return " × ".join(map(str, sides))


def _times(gate: Gate) -> str:
    return f", {gate.connections} of them" if gate.connections > 1 else ""


def _made(gate: Gate) -> str:
    origins = " and ".join(gate.hand_on_origins)
    return f"{origins}: {', '.join(told(gate.hand_on))}" if gate.hand_on else f"{origins} as it is"


def origins(gate: Gate) -> str:
    """What a gate hands on, in words."""
    names = {"refined": "the refined features"}
    told = [names.get(origin, f"the {origin}") for origin in gate.hand_on_origins]
    return " times ".join(told) if gate.hand_on else " and ".join(told)
