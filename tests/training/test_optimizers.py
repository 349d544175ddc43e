"""Weight-decay groups, over all models."""

import pytest
import torch
from torch import nn

from dcanet.models import create, names
from dcanet.training.optimizers import build_optimizer, spared_parameters
from dcanet.training.recipe import Recipe

MOBILE = {
    "epochs": 1,
    "batch_size": 4,
    "optimizer": {"name": "sgd", "learning_rate": 0.1, "weight_decay": 4e-5},
    "no_weight_decay": ["grouped_convolutions", "norms", "biases"],
    "schedule": {"name": "cosine"},
    "preprocessing": {"resize": 32, "crop": 32},
}


@pytest.mark.parametrize("name", names())
def test_mobile_exclusions(name):
    """Grouped convolutions, BatchNorm and biases; not LayerNorm's scales, not p1 and p2."""
    model = create(name, 10)
    optimizer = build_optimizer(model, Recipe.model_validate(MOBILE))
    spared, decayed = ({id(parameter) for parameter in group["params"]} for group in optimizer.param_groups)
    assert [group["weight_decay"] for group in optimizer.param_groups] == [0, 4e-5]
    assert not spared & decayed
    assert spared | decayed == {id(parameter) for parameter in model.parameters()}
    for module in model.modules():
        for kind, parameter in module.named_parameters(recurse=False):
            grouped = isinstance(module, nn.Conv2d) and module.groups > 1
            expected = grouped or isinstance(module, nn.BatchNorm2d) or kind == "bias"
            assert (id(parameter) in spared) == expected, (module, kind)


def test_without_exclusions_there_is_one_group():
    recipe = Recipe.model_validate(MOBILE | {"no_weight_decay": []})
    model = create("resnet50", 10)
    optimizer = build_optimizer(model, recipe, rate_factor=0.5)
    assert [len(group["params"]) for group in optimizer.param_groups] == [len(list(model.parameters()))]
    assert optimizer.param_groups[0]["lr"] == 0.05
    assert not spared_parameters(model, [])


def test_a_step_that_loss_scaling_skips_leaves_no_trace():
    layer = nn.Linear(1, 1, bias=False)
    nn.init.ones_(layer.weight)
    sgd = {"name": "sgd", "learning_rate": 0.5, "weight_decay": 0}
    recipe = Recipe.model_validate(MOBILE | {"precision": "float16", "optimizer": sgd})
    optimizer, scaler = build_optimizer(layer, recipe), torch.amp.GradScaler("cpu", init_scale=1.0)
    for gradient in (float("inf"), 1.0, 1.0):
        layer.weight.grad = scaler.scale(torch.full((1, 1), gradient))
        scaler.step(optimizer)
        scaler.update(1.0)
    # The first is skipped; momentum 0.9 makes the steps of the others 0.5 and 0.5 * 1.9.
    assert layer.weight.item() == pytest.approx(1 - 0.5 - 0.5 * 1.9)
