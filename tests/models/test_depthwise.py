"""Depthwise convolutions: what `nn.Conv2d` computes, with gradients of our own where it is slow on a CPU."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from dcanet.models import TRIPLES, create
from dcanet.models.depthwise import DepthwiseConv2d, ShiftedGradients

sides = st.integers(1, 9)


def gradients(convolution, x, grad):
    return torch.autograd.grad(convolution(x), (x, convolution.weight), grad)


@settings(deadline=None)
@given(
    images=st.integers(1, 3),
    channels=st.integers(1, 5),
    height=sides,
    width=sides,
    kernel=st.sampled_from([1, 3, 5, 7]),
    stride=st.integers(1, 3),
    dilation=st.integers(1, 3),
    seed=st.integers(0, 1000),
)
def test_gradients_are_those_of_conv2d(images, channels, height, width, kernel, stride, dilation, seed):
    torch.manual_seed(seed)
    padding = dilation * (kernel // 2)
    theirs = nn.Conv2d(
        channels,
        channels,
        kernel,
        stride,
        padding,
        dilation,
        groups=channels,
        bias=False,
        dtype=torch.float64,
    )
    x = torch.randn(images, channels, height, width, dtype=torch.float64, requires_grad=True)
    want_y = theirs(x)
    y = ShiftedGradients.apply(x, theirs.weight, stride, dilation)
    torch.testing.assert_close(y, want_y)
    grad = torch.randn_like(want_y)
    want = torch.autograd.grad(want_y, (x, theirs.weight), grad)
    got = torch.autograd.grad(y, (x, theirs.weight), grad)
    torch.testing.assert_close(got, want, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize(("side", "dilation", "shifted"), [(8, 1, False), (4, 1, True), (64, 2, True)])
def test_only_what_is_slow_is_computed_otherwise(side, dilation, shifted):
    convolution = DepthwiseConv2d(8, 5, dilation=dilation)
    assert (
        "ShiftedGradients" in type(convolution(torch.zeros(1, 8, side, side)).grad_fn).__name__
    ) is shifted


def test_frozen_weights_or_inputs_get_no_gradient():
    x = torch.randn(2, 4, 2, 2, requires_grad=True)
    frozen = DepthwiseConv2d(4, 3).requires_grad_(False)
    frozen(x).sum().backward()
    assert frozen.weight.grad is None
    assert x.grad is not None
    convolution = DepthwiseConv2d(4, 3)
    convolution(x.detach()).sum().backward()
    assert convolution.weight.grad is not None


def test_threads_change_nothing():
    convolution, x = DepthwiseConv2d(96, 3, dilation=2), torch.randn(4, 96, 16, 16, requires_grad=True)
    x = x.contiguous(memory_format=torch.channels_last)
    grad = torch.randn_like(x)
    threads = torch.get_num_threads()
    try:
        found = []
        for count in (1, 2):
            torch.set_num_threads(count)
            found.append(gradients(convolution, x, grad))
    finally:
        torch.set_num_threads(threads)
    for one, two in zip(*found, strict=True):
        assert torch.equal(one, two)


@pytest.mark.parametrize("name", [name for name in TRIPLES if not name.endswith("resnet50")])
def test_every_depthwise_convolution_of_the_mobile_networks_is_one(name):
    with torch.device("meta"):
        model = create(name)
    grouped = [m for m in model.modules() if isinstance(m, nn.Conv2d) and m.groups > 1]
    assert grouped
    assert all(type(m) is DepthwiseConv2d for m in grouped)
