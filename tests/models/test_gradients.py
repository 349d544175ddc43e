"""Where gradients go: to all parameters but the known ones, and through every connection."""

import itertools
from typing import Any

import pytest
import torch
from oracle import FORMS, TRAINED, fill
from torch import Tensor, nn
from torch.nn import functional as F
from torch.utils._pytree import tree_leaves, tree_map

from dcanet.models import TRIPLES, create
from dcanet.models.backbones.base import InvertedResidual
from dcanet.models.backbones.resnet import Bottleneck
from dcanet.weights import from_authors

CONNECTED = [form for form in FORMS if TRIPLES[form.model][2]]


def images(n: int, height: int = 32, width: int = 32) -> Tensor:
    return torch.randn(n, 3, height, width, generator=torch.Generator().manual_seed(0))


@pytest.mark.parametrize("form", FORMS, ids=str)
def test_every_parameter_gets_a_gradient_but_the_known_ones(form):
    model = form.build(num_classes=10)
    F.cross_entropy(model(images(4)), torch.tensor([0, 1, 2, 3])).backward()
    without = {name for name, parameter in model.named_parameters() if parameter.grad is None}
    assert without == {form.ours(key) for key in form.facts["without_gradient"]}


@pytest.mark.parametrize("form", CONNECTED, ids=str)
def test_every_block_hears_the_one_before_it(form):
    """The logits depend on what each block hands on, apart from the features it passes along."""
    model = from_authors(form.filled(), form.name).double()
    heard: list[list[list[Tensor]]] = []

    def detour(block: nn.Module, inputs: Any, output: Any) -> tuple[Tensor, Any]:
        features, handed_on = output
        handed_on = tree_map(torch.clone, handed_on)
        # CBAM has two chains and hands on several tensors in each; the next block takes what it needs.
        chains = handed_on if type(handed_on) is tuple else (handed_on,)
        heard.append([tree_leaves(chain) for chain in chains])
        for tensor in tree_leaves(handed_on):
            tensor.retain_grad()
        return features, handed_on

    blocks = [module for module in model.modules() if isinstance(module, Bottleneck | InvertedResidual)]
    for block in blocks:
        block.register_forward_hook(detour)
    model(torch.from_numpy(fill.images(*TRAINED)).double()).square().sum().backward()

    assert len(heard) == len(blocks) > 10
    *earlier, last = [[[tensor.grad for tensor in chain] for chain in chains] for chains in heard]
    for chain in itertools.chain.from_iterable(earlier):
        gradients = [gradient for gradient in chain if gradient is not None]
        assert gradients
        assert all(gradient.norm() > 0 for gradient in gradients)
    assert all(gradient is None for chain in last for gradient in chain)


@pytest.mark.parametrize("name", [name for name in TRIPLES if name.startswith("dca_cbam_")])
@pytest.mark.parametrize("size", [(48, 64), (64, 48), (64, 40)])
def test_connected_cbam_says_which_sides_it_takes(name, size):
    model = create(name, num_classes=10).eval()
    with pytest.raises(ValueError, match="image sides that are multiples of 32"), torch.no_grad():
        model(images(1, *size))


@pytest.mark.parametrize("name", TRIPLES)
def test_sides_need_not_be_equal(name):
    model = create(name, num_classes=10).eval()
    with torch.no_grad():
        assert model(images(1, 32, 96)).shape == (1, 10)


@pytest.mark.parametrize("name", [name for name in TRIPLES if not name.startswith("dca_cbam_")])
def test_other_models_take_any_sides(name):
    model = create(name, num_classes=10).eval()
    with torch.no_grad():
        assert model(images(1, 40, 57)).shape == (1, 10)
