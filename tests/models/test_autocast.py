"""Under autocast attention keeps the maps in the precision that convolutions gave them."""

import pytest
import torch
from torch import nn

from dcanet.device import autocast
from dcanet.evaluation.folding import fold_norms
from dcanet.evaluation.inference import cast_weights, make_fast
from dcanet.models import TRIPLES, create
from dcanet.models.attention import Attention
from dcanet.models.attention.cbam import CBAM
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
        cast_weights(model, torch.bfloat16)
        found = model(images)
    assert torch.equal(found, expected)
    of_maps = [*(unit.conv for unit in model.modules() if isinstance(unit, ConvNormAct)), model.head]
    assert {layer.weight.dtype for layer in of_maps} == {torch.bfloat16}
