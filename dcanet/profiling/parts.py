"""Which part of a network a module belongs to."""

from collections.abc import Callable, Iterator
from typing import Literal

from torch import nn

from ..models.attention import Attention
from ..models.attention.cbam import CBAM
from ..models.attention.sk import SelectiveKernel
from ..models.backbones import Classifier
from ..profile_documents import Parts

PartName = Literal["backbone", "attention", "connection", "head"]


def part_of(model: nn.Module) -> Callable[[str], PartName]:
    """From the path of a module in a classifier or detector to its part.

    "connection" is the child of that name of an attention block, "attention" the rest of the block. "head" is
    a classifier's last layer, or everything of a detector but its backbone. All else is "backbone".

    Selective kernels stand in place of a 3x3 convolution, which is their first branch: it is counted as
    "backbone", so that a backbone is the same under every attention; the second branch is "attention".
    """
    roots = dict(_roots(model))

    def part(path: str) -> PartName:
        while path and path not in roots:
            path = path.rpartition(".")[0]
        return roots.get(path, "backbone")

    return part


def _roots(model: nn.Module) -> Iterator[tuple[str, PartName]]:
    """Paths below which another part than above begins."""
    for path, module in model.named_modules():
        if isinstance(module, Attention | CBAM):
            yield path, "attention"
        if isinstance(module, SelectiveKernel):
            yield join(path, "branches.0"), "backbone"
        if isinstance(module, Attention) and module.connected:
            yield join(path, "connection"), "connection"
        if isinstance(module, Classifier):
            yield join(path, "head"), "head"
        if isinstance(getattr(module, "backbone", None), Classifier):
            yield path, "head"
            yield join(path, "backbone"), "backbone"


def join(path: str, name: str) -> str:
    """The path of what is called `name` in the module at `path`."""
    return f"{path}.{name}" if path else name


def count_parameters(model: nn.Module) -> Parts:
    """Parameters of a classifier or detector by part; a shared one counts once."""
    part, counts = part_of(model), Parts()
    for path, parameter in model.named_parameters():
        owner = part(path.rpartition(".")[0])
        setattr(counts, owner, getattr(counts, owner) + parameter.numel())
    return counts
