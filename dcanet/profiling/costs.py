"""Parameters and MACs by fvcore."""

from typing import Any

import torch
from torch import nn

from ..documents import Costs, ModelCosts
from ..models import assemble

#: The published costs are of ImageNet models.
CLASSES = 1000


def measure_costs(pair: str, models: dict[str, dict[str, Any]], image_size: int) -> Costs:
    """Costs of a pair's models (id -> options), built for ImageNet's 1,000 classes."""
    return Costs(
        pair=pair,
        image_size=image_size,
        classes=CLASSES,
        convention="fvcore",
        models={name: model_costs(name, options, image_size) for name, options in models.items()},
    )


def model_costs(name: str, options: dict[str, Any], image_size: int) -> ModelCosts:
    """Parameters, and multiply-adds of one square image of `image_size` pixels."""
    model = assemble(name, CLASSES, **options).eval()
    macs, uncounted = count_macs(model, image_size)
    return ModelCosts(
        options=model.model_options,
        parameters=sum(parameter.numel() for parameter in model.parameters()),
        macs=macs,
        uncounted_ops=uncounted,
    )


def count_macs(model: nn.Module, image_size: int) -> tuple[int, dict[str, int]]:
    """fvcore's count for one image, and the operations that it has no rule for."""
    from fvcore.nn import FlopCountAnalysis

    analysis = FlopCountAnalysis(model, torch.zeros(1, 3, image_size, image_size))
    analysis.unsupported_ops_warnings(False).uncalled_modules_warnings(False).tracer_warnings("none")
    return int(analysis.total()), dict(sorted(analysis.unsupported_ops().items()))
