"""Grad-CAM of all stages at once is what plain autograd gives for one image and one stage at a time."""

import numpy as np
import pytest
import torch
from settled import settled
from torch import nn

from dcanet.errors import UserError
from dcanet.focus.grad_cam import grad_cam
from dcanet.focus.stages import stages_of
from dcanet.models import create, names

NAMES = [
    "resnet50",
    "se_resnet50",
    "dca_se_resnet50",
    "dca_sk_resnet50",
    "dca_ge_resnet50",
    "dca_gc_resnet50",
    "dca_cbam_resnet50",
    "mnasnet1_0",
    "dca_se_mnasnet1_0",
    "dca_ge_mnasnet1_0",
    "dca_cbam_mnasnet1_0",
    "mobilenet_v2",
    "dca_se_mobilenet_v2",
    "dca_sk_mobilenet_v2",
    "dca_ge_mobilenet_v2",
    "dca_cbam_mobilenet_v2",
]
#: One of each backbone; the others are slow.
FEW = ("dca_se_resnet50", "dca_cbam_mnasnet1_0", "dca_sk_mobilenet_v2")
TARGETS = [4, 1, 2]


def network(name):
    return settled(name, 5, pictures())


def pictures():
    return torch.from_numpy(np.random.default_rng(1).normal(size=(3, 3, 64, 64)))


def by_hand(model, image, target, path):
    """A stage's heat by the definition: the whole graph, one image, loops over channels and places."""
    kept = []
    hook = model.get_submodule(path).register_forward_hook(lambda _, __, output: kept.append(output[0]))
    logits = model(image[None])
    hook.remove()
    kept[0].retain_grad()
    logits[0, target].backward()
    features, gradient = kept[0].detach()[0].numpy(), kept[0].grad[0].numpy()
    channels, height, width = features.shape
    weights = [gradient[channel].sum() / (height * width) for channel in range(channels)]
    heat = np.zeros((height, width))
    for channel in range(channels):
        heat += weights[channel] * features[channel]
    heat = np.maximum(heat, 0)
    return heat / heat.max() if heat.max() > 0 else heat


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=() if name in FEW else pytest.mark.slow) for name in NAMES]
)
def test_all_stages_at_once(name):
    model, images = network(name), pictures()
    stages = stages_of(model)
    maps, logits = grad_cam(model, list(stages.values()), images, torch.tensor(TARGETS))
    torch.testing.assert_close(logits, model(images).detach(), rtol=1e-9, atol=1e-9)
    for path, found in zip(stages, maps, strict=True):
        expected = [
            by_hand(model, image, target, path) for image, target in zip(images, TARGETS, strict=True)
        ]
        np.testing.assert_allclose(found.numpy(), np.stack(expected), rtol=0, atol=1e-7)
        assert not found.requires_grad
    # Something is seen, and not the same everywhere.
    assert all(found.std() > 1e-3 for found in maps[:3])


def test_gradient_by_differences():
    """Moving a stage's map along w moves the score by what the heat before its ReLU sums to."""
    model, images = network("dca_se_mobilenet_v2"), pictures()[:1]
    block = stages_of(model)["blocks.5"]
    direction = torch.from_numpy(np.random.default_rng(2).normal(size=(1, 32, 8, 8)))
    kept = {}

    def score(step):
        def move(_, __, output):
            kept["features"] = output[0].detach()
            return output[0] + step * direction, output[1]

        hook = block.register_forward_hook(move)
        with torch.no_grad():
            result = model(images)[0, 3].item()
        hook.remove()
        return result

    numeric = (score(1e-8) - score(-1e-8)) / 2e-8
    features = kept["features"].requires_grad_()
    hook = block.register_forward_hook(lambda _, __, output: (features, output[1]))
    (gradient,) = torch.autograd.grad(model(images)[0, 3], features)
    hook.remove()
    assert numeric == pytest.approx((gradient * direction).sum().item(), rel=1e-5)
    heat = torch.relu((gradient.mean(dim=(2, 3), keepdim=True) * features).sum(dim=1)).detach()
    (found,), _ = grad_cam(model, [block], images, torch.tensor([3]))
    torch.testing.assert_close(found, heat / heat.max())


def test_of_the_networks_answer():
    model, images = network("mobilenet_v2"), pictures()
    blocks = list(stages_of(model).values())
    answers = model(images).argmax(dim=1)
    found, expected = (grad_cam(model, blocks, images, targets).maps for targets in (None, answers))
    assert all(torch.equal(one, other) for one, other in zip(found, expected, strict=True))


def test_nothing_speaks_for_a_class():
    """A head that only counts against a class leaves no heat, and no division by 0."""
    model = network("mobilenet_v2")
    nn.init.zeros_(model.head.weight)
    maps, _ = grad_cam(model, list(stages_of(model).values()), pictures(), torch.tensor(TARGETS))
    assert all(not found.any() for found in maps)


def test_the_model_is_left_as_it_was():
    model = network("dca_gc_resnet50")
    blocks = list(stages_of(model).values())
    grad_cam(model, blocks, pictures(), torch.tensor(TARGETS))
    assert all(parameter.grad is None for parameter in model.parameters())
    assert not any(block._forward_hooks for block in blocks)


@pytest.mark.parametrize("name", names())
def test_stages_end_where_the_map_shrinks(name):
    with torch.device("meta"):
        model = create(name).eval()
    stages, sizes = stages_of(model), {}
    blocks = {path: block for path, block in model.named_modules() if hasattr(block, "attention_channels")}
    for path, block in blocks.items():
        block.register_forward_hook(
            lambda _, __, output, path=path: sizes.update({path: tuple(output[0].shape[2:])})
        )
    with torch.no_grad():
        model(torch.empty(1, 3, 224, 224, device="meta"))
    assert [sizes[path] for path in stages] == [(56, 56), (28, 28), (14, 14), (7, 7)]
    # Each is the last of its size.
    last = {size: path for path, size in sizes.items()}
    assert [last[sizes[path]] for path in stages] == list(stages)


def test_no_stages_of_something_else():
    with pytest.raises(UserError, match="Linear: no stages are known"):
        stages_of(nn.Linear(1, 1))
