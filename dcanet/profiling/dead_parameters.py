"""Which parameters of CBAM's spatial gates get no gradient when a network is trained from its start."""

from typing import Any

import torch
from torch import nn
from torch.nn import functional as F

from ..models import Classifier, create
from ..models.attention.cbam import SpatialGate
from ..optimizers import SGD
from ..profile_documents import DeadParameters

#: Enough for gates whose norm starts at 0: their convolution gets its first gradient in the second step.
STEPS = 4
BATCH, SIDE, CLASSES = 4, 64, 10


def dead_spatial_parameters(name: str, **options: Any) -> DeadParameters:
    """Train a CBAM network for `STEPS` steps on random images and tell what of its spatial gates is dead.

    A block is dead if its 7x7 convolution never got a gradient: then its gate has one value for all positions
    of a map. The parameters are those that no dead block trains.

    Raises:
        ValueError: unknown name or option, or a network without spatial gates.
    """
    with torch.random.fork_rng():
        torch.manual_seed(0)
        model = create(name, CLASSES, **options)
        untrained = untrained_by_block(model)
    if not untrained:
        raise ValueError(f"{name} has no spatial attention")
    dead_blocks = [parameters for parameters in untrained if "conv.weight" in parameters]
    return DeadParameters(
        model=name,
        options=model.model_options,
        steps=STEPS,
        blocks=len(untrained),
        dead_blocks=len(dead_blocks),
        parameters=sorted(set.intersection(*dead_blocks)) if dead_blocks else [],
    )


def untrained_by_block(model: Classifier) -> list[set[str]]:
    """Names of each spatial gate's parameters that get no gradient in any of `STEPS` steps of SGD.

    The steps are those of the ResNet recipe; the connection of the first gate is never used.
    """
    gates = [module for module in model.train().modules() if isinstance(module, SpatialGate)]
    untrained = [{name for name, _ in gate.named_parameters()} for gate in gates]
    optimizer = SGD(model.parameters(), lr=0.1, momentum=0.9, weight_decay=1e-4)
    for _ in range(STEPS):
        images, targets = torch.randn(BATCH, 3, SIDE, SIDE), torch.randint(CLASSES, (BATCH,))
        optimizer.zero_grad()
        F.cross_entropy(model(images), targets).backward()
        for gate, names in zip(gates, untrained, strict=True):
            names -= {name for name, parameter in gate.named_parameters() if _has_gradient(parameter)}
        optimizer.step()
    return untrained


def _has_gradient(parameter: nn.Parameter) -> bool:
    """Whether the last step gave it one that is not zero; RuntimeError where training broke down."""
    if parameter.grad is None:
        return False
    if not parameter.grad.isfinite().all():
        raise RuntimeError("the gradients are not finite")
    return bool(parameter.grad.any())
