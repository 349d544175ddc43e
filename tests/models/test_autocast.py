"""Under autocast attention keeps the maps in the precision that convolutions gave them."""

import pytest
import torch
from torch import nn

from dcanet.device import autocast
from dcanet.evaluation.folding import fold_norms
from dcanet.evaluation.inference import cast_weights, make_fast
from dcanet.models import TRIPLES, create
from dcanet.models.attention import Attention, Chain
from dcanet.models.attention.cbam import CBAM
from dcanet.models.attention.se import SqueezeExcitation
from dcanet.models.connection import Join
from dcanet.models.layers import ConvNormAct

CPU = torch.device("cpu")


@pytest.mark.parametrize(
    "name",
    [
        *(name for name in TRIPLES if name.startswith("dca_")),
        *(f"dca_{attention}_resnet18" for attention in ("eca", "simam", "coord")),
        "dca_se_resnet18__merge_addition__scope_stage",
    ],
)
@pytest.mark.parametrize("training", [False, True])
def test_refined_maps_are_in_bfloat16(name: str, training: bool) -> None:
    model = create(name, 10).train(training)
    if not training:
        make_fast(model, CPU, "bfloat16")
    found: list[torch.dtype] = []

    def note(block: nn.Module, given: object, result: tuple[torch.Tensor, object]) -> None:
        found.append(result[0].dtype)

    for module in model.modules():
        if isinstance(module, Attention | CBAM):
            module.register_forward_hook(note)
    with torch.set_grad_enabled(training), autocast("bfloat16", CPU):
        model(torch.randn(2, 3, 64, 64))
    assert found
    assert set(found) == {torch.bfloat16}


@pytest.mark.parametrize("name", [name for name in TRIPLES if name.startswith("dca_")])
def test_weights_that_are_cast_once_compute_the_same(name: str) -> None:
    torch.manual_seed(0)
    model = create(name, 10).eval()
    fold_norms(model)
    images = torch.randn(2, 3, 64, 64)
    with torch.inference_mode(), autocast("bfloat16", CPU):
        expected = model(images)
        cast_weights(model, torch.bfloat16, CPU)
        found = model(images)
    assert torch.equal(found, expected)
    cast = {layer for layer in layers(model) if layer.weight.dtype is torch.bfloat16}
    attentions = [block for block in model.modules() if isinstance(block, Attention)]
    of_vectors = {layer for block in attentions if block.on_vectors for layer in layers(block)}
    of_maps = {unit.conv for unit in model.modules() if isinstance(unit, ConvNormAct)}
    joins = {join.mix for join in model.modules() if isinstance(join, Join)}
    assert set(layers(model)) - cast == (of_vectors - of_maps) | joins
    assert cast >= of_maps | {model.head}


def layers(module: nn.Module) -> list[nn.Conv2d | nn.Linear]:
    return [layer for layer in module.modules() if isinstance(layer, nn.Conv2d | nn.Linear)]


@pytest.mark.parametrize("name", [f"dca_{block}_resnet18" for block in ("se", "ge", "eca", "sk")])
@pytest.mark.parametrize("training", [False, True])
def test_vectors_are_attended_to_in_float32(name: str, training: bool) -> None:
    model = create(name, 10).train(training)
    found = []
    for block in model.modules():
        if isinstance(block, Attention):
            transform = block.transform

            def noting(extracted, transform=transform):
                attention = transform(extracted)
                found.extend((extracted.dtype, attention.dtype))
                return attention

            block.transform = noting
    with torch.set_grad_enabled(training), autocast("bfloat16", CPU):
        model(torch.randn(2, 3, 64, 64))
    assert len(found) >= 16
    assert set(found) == {torch.float32}


class HandingOnRefined(SqueezeExcitation):
    """Hands on what is extracted from the refined map, in the map's precision."""

    def hand_on(self, features, extracted, attention, refined):
        return self.extract(refined)


def test_what_was_handed_on_may_be_in_another_precision() -> None:
    first, second = (HandingOnRefined.build(32, Chain(width)) for width in (24, 32))
    features = torch.randn(2, 32, 8, 8).bfloat16()
    with autocast("bfloat16", CPU):
        _, handed_on = first(features)
        refined, _ = second(features, handed_on)
    assert handed_on.dtype is refined.dtype is torch.bfloat16
