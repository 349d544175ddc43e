"""Pooling gives what torch's operations give, and the same gradients, in both layouts of memory."""

import pytest
import torch
from torch import Tensor

from dcanet.models.attention import SpatialAttention
from dcanet.models.attention.pooling import average_and_maximum, maximum_and_mean_of_channels, pool

LAYOUTS = [torch.contiguous_format, torch.channels_last]


def plain_average_and_maximum(features: Tensor) -> tuple[Tensor, ...]:
    return features.mean(dim=(2, 3)), features.amax(dim=(2, 3))


def plain_channels(features: Tensor) -> Tensor:
    return torch.stack((features.amax(dim=1), features.mean(dim=1)), dim=1)


PAIRS = [
    (pool, lambda features: features.mean(dim=(2, 3))),
    (average_and_maximum, plain_average_and_maximum),
    (maximum_and_mean_of_channels, plain_channels),
]


def outputs_and_gradient(function, features: Tensor) -> list[Tensor]:
    features = features.detach().requires_grad_()
    found = function(features)
    outputs = list(found) if isinstance(found, tuple) else [found]
    generator = torch.Generator().manual_seed(1)
    weights = [torch.randn(each.shape, generator=generator, dtype=each.dtype) for each in outputs]
    torch.autograd.backward(outputs, weights)
    assert features.grad is not None
    return [*outputs, features.grad]


@pytest.mark.parametrize("layout", LAYOUTS, ids=str)
@pytest.mark.parametrize("size", [(2, 24, 6, 5), (3, 1, 4, 4), (1, 64, 1, 1), (2, 3, 1, 7)], ids=str)
@pytest.mark.parametrize(("ours", "plain"), PAIRS, ids=lambda function: function.__name__)
def test_as_torch_has_it(ours, plain, size, layout):
    features = torch.randn(size, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    features = features.contiguous(memory_format=layout)
    found, expected = outputs_and_gradient(ours, features), outputs_and_gradient(plain, features)
    for one, other in zip(found, expected, strict=True):
        torch.testing.assert_close(one, other, rtol=1e-12, atol=1e-12)
    with torch.inference_mode():
        again = ours(features)
    for one, other in zip(again if isinstance(again, tuple) else [again], found[:-1], strict=True):
        torch.testing.assert_close(one, other, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize(("ours", "plain"), PAIRS, ids=lambda function: function.__name__)
def test_sizes_on_other_devices(ours, plain):
    features = torch.zeros(2, 6, 4, 5, device="meta").contiguous(memory_format=torch.channels_last)
    found, expected = ours(features.requires_grad_()), plain(features)
    for one, other in zip(
        *(each if isinstance(each, tuple) else [each] for each in (found, expected)), strict=True
    ):
        assert one.shape == other.shape
        (gradient,) = torch.autograd.grad(one.sum(), features, retain_graph=True)
        assert gradient.shape == features.shape


@pytest.mark.parametrize("layout", LAYOUTS, ids=str)
def test_equal_maxima(layout):
    """Their gradients are the mean's and, all together, the maximum's once."""
    features = torch.zeros(2, 4, 3, 3, dtype=torch.float64).contiguous(memory_format=layout)
    *_, shared = outputs_and_gradient(maximum_and_mean_of_channels, features)
    *_, expected = outputs_and_gradient(plain_channels, features)
    torch.testing.assert_close(shared, expected)
    *_, to_one = outputs_and_gradient(average_and_maximum, features)
    *_, expected = outputs_and_gradient(plain_average_and_maximum, features)
    torch.testing.assert_close(to_one.sum(dim=(2, 3)), expected.sum(dim=(2, 3)))


@pytest.mark.parametrize("layout", [torch.channels_last, torch.contiguous_format])
@pytest.mark.parametrize("shape", [(1, 3, 1, 1), (2, 96, 28, 30), (3, 64, 7, 7), (2, 16, 30, 28)])
def test_averages_in_bfloat16_are_rounded_once_or_twice(shape, layout):
    features = (
        torch.rand(shape, generator=torch.Generator().manual_seed(0)).to(memory_format=layout).bfloat16()
    )
    torch.testing.assert_close(pool(features).double(), features.double().mean((2, 3)), rtol=0.008, atol=0)


@pytest.mark.parametrize("channels", [16, 64])
@pytest.mark.parametrize("trains", [False, True])
def test_spatial_attention_in_bfloat16(channels, trains):
    generator = torch.Generator().manual_seed(0)
    features = torch.randn(2, channels, 9, 7, generator=generator).bfloat16()
    features = features.contiguous(memory_format=torch.channels_last).requires_grad_(trains)
    gate = torch.rand(2, 1, 9, 7, generator=generator)
    with torch.set_grad_enabled(trains):
        found = maximum_and_mean_of_channels(features)
        refined = SpatialAttention(channels).fuse(features, gate)
    exact = features.detach().double()
    expected = torch.cat((exact.amax(1, keepdim=True), exact.mean(1, keepdim=True)), dim=1)
    torch.testing.assert_close(found.double(), expected, rtol=0.008, atol=1e-4)
    torch.testing.assert_close(refined.double(), exact * gate.double(), rtol=0.01, atol=0)
