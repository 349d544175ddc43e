"""ECA, SimAM and coordinate attention compute what their papers say, connected what is said of them here."""

import copy
import math
from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.utils._pytree import tree_leaves, tree_map

from dcanet.evaluation.inference import make_fast
from dcanet.models import create
from dcanet.models.attention import Attention, Chain
from dcanet.models.attention.coordinate import CoordinateAttention
from dcanet.models.attention.eca import EfficientChannelAttention, kernel_size
from dcanet.models.attention.simam import SimAM
from dcanet.models.backbones.resnet import ResidualBlock

BLOCKS = {"eca": EfficientChannelAttention, "simam": SimAM, "coord": CoordinateAttention}
CHANNELS, PREVIOUS = 32, 24
Weights = dict[str, Tensor]


def built(name: str, previous: int | None = PREVIOUS) -> Attention:
    """With parameters and statistics at which nothing cancels; a block that is not connected for None."""
    torch.manual_seed(0)
    chain = None if previous is None else Chain(previous, {"matching": "two_layer"})
    block = BLOCKS[name].build(CHANNELS, chain).double().eval()
    for tensor in (*block.parameters(), *block.buffers()):
        if tensor.is_floating_point():
            nn.init.uniform_(tensor, 0.3, 1.2)
    return block


def maps(channels: int = CHANNELS, height: int = 6, width: int = 5) -> Tensor:
    generator = torch.Generator().manual_seed(height)
    return torch.randn(3, channels, height, width, dtype=torch.float64, generator=generator)


def joined(weights: Weights, current: Tensor, previous: Tensor, of: str = "connection.") -> Tensor:
    """J(u, P(v)) of two vectors, as the connection of SE is written."""
    w = {key.removeprefix(of): value for key, value in weights.items() if key.startswith(of)}
    if "match.0.weight" in w:
        hidden = F.relu(norm(previous @ w["match.0.weight"].T + w["match.0.bias"], w, "match.1"))
        previous = F.relu(norm(hidden @ w["match.3.weight"].T + w["match.3.bias"], w, "match.4"))
    first, second = w["merge.mix.weight"].flatten()
    return F.relu(norm(first * current + second * previous + w["merge.mix.bias"], w, "merge.norm"))


def norm(x: Tensor, weights: Weights, name: str) -> Tensor:
    centred = x - x.mean(dim=-1, keepdim=True)
    scaled = centred / (centred.square().mean(dim=-1, keepdim=True) + 1e-5).sqrt()
    return scaled * weights[f"{name}.weight"] + weights[f"{name}.bias"]


def eca(weights: Weights, features: Tensor, previous: Tensor | None) -> tuple[Tensor, Tensor]:
    pooled = features.mean(dim=(2, 3))
    vector = pooled if previous is None else joined(weights, pooled, previous)
    kernel = weights["conv.weight"].flatten()
    half = len(kernel) // 2
    padded = F.pad(vector, (half, half))
    gates = torch.sigmoid(sum(kernel[i] * padded[:, i : i + CHANNELS] for i in range(len(kernel))))
    return features * gates[:, :, None, None], pooled * gates


def simam(weights: Weights, features: Tensor, previous: Tensor | None) -> tuple[Tensor, Tensor]:
    spread = features.var(dim=(2, 3))
    variance = spread if previous is None else spread + joined(weights, spread, previous)
    deviations = (features - features.mean(dim=(2, 3), keepdim=True)).square()
    energy = 4 * (variance[:, :, None, None] + 1e-4) / (deviations + 2 * variance[:, :, None, None] + 2e-4)
    refined = features * torch.sigmoid(1 / energy)
    return refined, refined.var(dim=(2, 3))


def coord(weights: Weights, features: Tensor, previous: Any) -> tuple[Tensor, Any]:
    extracted = features.mean(dim=3), features.mean(dim=2)
    directions = []
    for k, now in enumerate(extracted):
        if previous is None:
            directions.append(now)
            continue
        # The previous map is twice as large.
        before = previous[k].unflatten(2, (-1, 2)).mean(dim=3)
        at = [joined(weights, now[:, :, i], before[:, :, i], f"connection.{k}.") for i in range(now.shape[2])]
        directions.append(torch.stack(at, dim=2))
    both = torch.einsum("mc,ncl->nml", weights["shared.0.weight"].flatten(1), torch.cat(directions, dim=2))
    mean, variance = weights["shared.1.running_mean"], weights["shared.1.running_var"]
    both = (both - mean[:, None]) / (variance[:, None] + 1e-5).sqrt()
    both = both * weights["shared.1.weight"][:, None] + weights["shared.1.bias"][:, None]
    both = both * (both + 3).clamp(0, 6) / 6
    along = both.split([features.shape[2], features.shape[3]], dim=2)
    gates = [
        torch.sigmoid(
            torch.einsum("cm,nml->ncl", weights[f"gates.{k}.weight"].flatten(1), each)
            + weights[f"gates.{k}.bias"][:, None]
        )
        for k, each in enumerate(along)
    ]
    refined = features * gates[0][:, :, :, None] * gates[1][:, :, None, :]
    return refined, tuple(each * gate for each, gate in zip(extracted, gates, strict=True))


FORMULAE: dict[str, Callable[[Weights, Tensor, Any], tuple[Tensor, Any]]] = {
    "eca": eca,
    "simam": simam,
    "coord": coord,
}


def handed_on(name: str, channels: int) -> Any:
    """As a block on a map twice as large hands on."""
    before = maps(channels, 12, 10).abs()
    return (before.mean(dim=3), before.mean(dim=2)) if name == "coord" else before.mean(dim=(2, 3))


@pytest.mark.parametrize("name", BLOCKS)
@pytest.mark.parametrize("channels", [PREVIOUS, CHANNELS])
@pytest.mark.parametrize("first", [False, True])
def test_gates_are_those_of_the_formulae(name, channels, first):
    block, features = built(name, channels), maps()
    previous = None if first else handed_on(name, channels)
    refined, on = block(features, previous)
    expected, expected_on = FORMULAE[name](dict(block.state_dict()), features, previous)
    torch.testing.assert_close(refined, expected, rtol=1e-12, atol=1e-12)
    torch.testing.assert_close(on, expected_on, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("name", BLOCKS)
def test_plain_blocks(name):
    block, features = built(name, None), maps()
    refined, nothing = block(features, handed_on(name, PREVIOUS))
    assert nothing is None
    expected = FORMULAE[name](dict(block.state_dict()), features, None)[0]
    torch.testing.assert_close(refined, expected, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize(("channels", "kernel"), [(16, 3), (64, 3), (128, 5), (256, 5), (512, 5), (2048, 7)])
def test_reach_of_eca(channels, kernel):
    """The nearest odd number to log2(C) / 2 + 1 / 2."""
    assert kernel_size(channels) == kernel
    assert abs(kernel - (math.log2(channels) + 1) / 2) <= 1


@pytest.mark.parametrize("name", BLOCKS)
def test_a_map_of_one_value(name):
    refined, on = built(name)(maps(height=1, width=1), handed_on(name, PREVIOUS))
    assert all(tensor.isfinite().all() for tensor in tree_leaves((refined, on)))


@pytest.mark.parametrize("name", BLOCKS)
def test_the_same_in_channels_last_and_in_place(name):
    block, features, previous = built(name), maps(), handed_on(name, PREVIOUS)
    expected = block(features, previous)
    last = features.contiguous(memory_format=torch.channels_last)
    torch.testing.assert_close(block(last, previous), expected)
    block.in_place = True
    with torch.no_grad():
        refined, on = block(last, previous)
    assert refined.data_ptr() == last.data_ptr()
    torch.testing.assert_close((refined, on), expected)


@pytest.mark.parametrize("name", BLOCKS)
def test_connected_networks(name):
    """Gradients reach all but the first connection, blocks hear the one before, the fast form is equal."""
    torch.manual_seed(0)
    model = create(f"dca_{name}_resnet18", 10)
    images = torch.randn(2, 3, 64, 64)
    heard: list[list[Tensor]] = []

    def detour(block: nn.Module, inputs: Any, output: tuple[Tensor, Any]) -> tuple[Tensor, Any]:
        features, on = output
        on = tree_map(torch.clone, on)
        heard.append(tree_leaves(on))
        for tensor in heard[-1]:
            tensor.retain_grad()
        return features, on

    blocks = [block for block in model.modules() if isinstance(block, ResidualBlock)]
    hooks = [block.register_forward_hook(detour) for block in blocks]
    model(images).square().sum().backward()
    for hook in hooks:
        hook.remove()
    *earlier, last = heard
    assert len(earlier) == len(blocks) - 1 == 7
    assert all(tensor.grad.norm() > 0 for chain in earlier for tensor in chain)
    assert all(tensor.grad is None for tensor in last)
    without = {key for key, parameter in model.named_parameters() if parameter.grad is None}
    assert without == {
        key for key, _ in model.named_parameters() if key.startswith("stages.0.0.attention.connection.")
    }

    fast = copy.deepcopy(model.eval())
    make_fast(fast, torch.device("cpu"))
    with torch.no_grad():
        expected = model(images)
        torch.testing.assert_close(fast(images), expected, rtol=1e-4, atol=1e-4 * float(expected.abs().max()))


def test_blocks_start_as_they_are_made_and_connections_as_the_papers():
    """On Mnas, whose rule draws linear layers around 0.01 with a deviation of 1."""
    torch.manual_seed(0)
    block = create("dca_coord_mnasnet1_0", 10).stacks[4][0].attention
    bound = 1 / math.sqrt(block.shared[0].in_channels)
    assert 0.9 * bound < block.shared[0].weight.abs().max() <= bound
    assert block.gates[0].bias.abs().max() > 0
    assert block.connection[1].match[0].weight.std().item() == pytest.approx(1, abs=0.1)
