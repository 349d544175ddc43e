"""Optimisers with their weight-decay groups."""

from collections.abc import Callable, Collection
from typing import Any

import torch
from torch import nn
from torch.nn.modules.batchnorm import _BatchNorm

from ..optimizers import SGD, AdamW
from .recipe import LoopRecipe, Spared


def build_optimizer(model: nn.Module, recipe: LoopRecipe, rate_factor: float = 1.0) -> torch.optim.Optimizer:
    """The recipe's optimiser over all parameters; `rate_factor` multiplies its learning rate."""
    settings = recipe.optimizer.model_dump(exclude={"name", "learning_rate"})
    spared = spared_parameters(model, recipe.no_weight_decay)
    decayed = [parameter for parameter in model.parameters() if parameter not in spared]
    groups: list[dict[str, Any]] = [{"params": list(spared), "weight_decay": 0.0}, {"params": decayed}]
    kinds: dict[str, Callable[..., torch.optim.Optimizer]] = {
        "sgd": SGD,
        "adamw": AdamW,
    }
    return kinds[recipe.optimizer.name](
        [group for group in groups if group["params"]],
        lr=recipe.optimizer.learning_rate * rate_factor,
        # Fused SGD takes a first step that float16's loss scaling skips for done, with momentum never set.
        fused=not (recipe.optimizer.name == "sgd" and recipe.precision == "float16"),
        **settings,
    )


def spared_parameters(model: nn.Module, kinds: Collection[Spared]) -> dict[nn.Parameter, str]:
    """Parameters without weight decay and their names, in the model's order.

    Grouped convolutions (depthwise ones among them) and norms count with all their parameters; LayerNorm
    is not a norm here, as in the authors' mobile recipe.
    """
    found: dict[nn.Parameter, str] = {}
    for prefix, module in model.named_modules():
        whole = ("norms" in kinds and isinstance(module, _BatchNorm)) or (
            "grouped_convolutions" in kinds and isinstance(module, nn.Conv2d) and module.groups > 1
        )
        for name, parameter in module.named_parameters(prefix, recurse=False):
            if whole or ("biases" in kinds and name.endswith("bias")):
                found[parameter] = name
    return found
