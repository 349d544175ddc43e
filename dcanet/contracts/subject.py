"""Small networks on which contracts of attention blocks and backbones are tried."""

import copy
from dataclasses import dataclass
from functools import cached_property

import torch
from torch import Tensor, nn

from ..models import Classifier, create
from ..models.attention import Attention

CLASSES = 10
#: Pixels, a multiple of every stride.
SIDE = 64
#: How far numbers may differ that are equal but for rounding, as a share of the largest.
TOLERANCE = 1e-4


def images(count: int = 2, seed: int = 0) -> Tensor:
    """(count, 3, SIDE, SIDE) of noise."""
    return torch.randn(count, 3, SIDE, SIDE, generator=torch.Generator().manual_seed(seed))


@dataclass(frozen=True)
class Subject:
    """A network of a registered thing, with the class whose instances are looked into."""

    model: str
    block: type[nn.Module] = Attention

    @cached_property
    def built(self) -> Classifier:
        """As it starts a training."""
        return self.fresh()

    def fresh(self, seed: int = 0) -> Classifier:
        with torch.random.fork_rng():
            torch.manual_seed(seed)
            return create(self.model, CLASSES)

    @cached_property
    def moved(self) -> Classifier:
        """As after some training: what starts at 0 and shuts others off is 0 no longer."""
        model = copy.deepcopy(self.built)
        generator = torch.Generator().manual_seed(1)
        with torch.no_grad():
            for parameter in model.parameters():
                parameter.add_(0.05 * torch.randn(parameter.shape, generator=generator))
        return model

    @property
    def blocks(self) -> dict[str, nn.Module]:
        """The outermost instances in the moved network, by their paths, in order."""
        return blocks_of(self.moved, self.block)


def blocks_of(model: nn.Module, kind: type[nn.Module]) -> dict[str, nn.Module]:
    """The outermost instances of a class by their paths, in order."""
    found: dict[str, nn.Module] = {}
    for path, module in model.named_modules():
        if isinstance(module, kind) and not any(path.startswith(f"{outer}.") for outer in found):
            found[path] = module
    return found


def same(one: Tensor, other: Tensor) -> bool:
    """Equal but for rounding."""
    largest = max(float(one.abs().max()), 1e-12)
    return one.shape == other.shape and float((one - other).abs().max()) <= TOLERANCE * largest
