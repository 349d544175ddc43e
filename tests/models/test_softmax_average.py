"""The softmax average of GC is what its published steps give, and so are its gradients."""

import pytest
import torch
from torch import Tensor
from torch.nn import functional as F

from dcanet.models.attention.softmax_average import softmax_average
from dcanet.models.tracing import published_form

LAYOUTS = [torch.contiguous_format, torch.channels_last]
SIZES = [(2, 24, 6, 5), (3, 1, 4, 4), (1, 64, 1, 1), (2, 3, 1, 7), (2, 256, 14, 14)]


def in_steps(features: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
    shares = F.conv2d(features, weight, bias).flatten(2).softmax(dim=2)  # (N, 1, HW)
    return (features.flatten(2) * shares).sum(dim=2).unsqueeze(1)


def drawn(size: tuple[int, ...], layout: torch.memory_format, dtype: torch.dtype) -> list[Tensor]:
    """Features, weight, bias, and the gradient of the average."""
    generator = torch.Generator().manual_seed(0)
    shapes = [size, (1, size[1], 1, 1), (1,), (size[0], 1, size[1])]
    features, *others = (torch.randn(shape, generator=generator, dtype=torch.float64) for shape in shapes)
    return [features.contiguous(memory_format=layout).to(dtype), *(each.to(dtype) for each in others)]


def average_and_gradients(
    function, features: Tensor, weight: Tensor, bias: Tensor, grad: Tensor
) -> list[Tensor]:
    given = [each.detach().clone().requires_grad_() for each in (features, weight, bias)]
    average = function(*given)
    return [average.detach(), *torch.autograd.grad(average, given, grad)]


@pytest.mark.parametrize("layout", LAYOUTS, ids=str)
@pytest.mark.parametrize("size", SIZES, ids=str)
def test_as_in_steps(size, layout):
    given = drawn(size, layout, torch.float64)
    found = average_and_gradients(softmax_average, *given)
    for one, other in zip(found, average_and_gradients(in_steps, *given), strict=True):
        torch.testing.assert_close(one, other, rtol=1e-12, atol=1e-12)
    with torch.inference_mode():
        torch.testing.assert_close(softmax_average(*given[:3]), found[0], rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16], ids=str)
@pytest.mark.parametrize("size", SIZES[-1:] + SIZES[:1], ids=str)
def test_no_less_exact_than_in_steps(size, dtype):
    """Twice the error that its steps have in that precision, at most."""
    given = drawn(size, torch.channels_last, dtype)
    exact = average_and_gradients(in_steps, *(each.double() for each in given))
    found, steps = (average_and_gradients(function, *given) for function in (softmax_average, in_steps))
    for one, other, true in list(zip(found, steps, exact, strict=True))[:3]:
        assert one.dtype is dtype
        assert (one - true).norm() <= 2 * (other - true).norm()
    # The softmax does not change with the bias, so its gradient is rounding alone.
    assert found[3].abs() <= torch.finfo(dtype).eps * found[2].abs().sum()


def test_the_gradient_lies_as_the_features_do():
    _, of_features, *_ = average_and_gradients(
        softmax_average, *drawn(SIZES[0], torch.channels_last, torch.float32)
    )
    assert of_features.is_contiguous(memory_format=torch.channels_last)


def test_onlookers_see_the_convolution():
    given = drawn(SIZES[0], torch.channels_last, torch.float32)[:3]
    with torch.profiler.profile() as unseen:
        softmax_average(*given)
    with torch.profiler.profile() as seen, published_form():
        softmax_average(*given)
    assert "aten::conv2d" not in {event.key for event in unseen.key_averages()}
    assert "aten::conv2d" in {event.key for event in seen.key_averages()}


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16], ids=str)
def test_compiled(dtype):
    given = drawn(SIZES[0], torch.channels_last, dtype)
    compiled = torch.compile(softmax_average, backend="aot_eager")
    found = average_and_gradients(compiled, *given)[:3]
    exact = average_and_gradients(in_steps, *(each.double() for each in given))[:3]
    for one, true in zip(found, exact, strict=True):
        assert (one - true).norm() <= 4 * torch.finfo(dtype).eps * true.norm()
