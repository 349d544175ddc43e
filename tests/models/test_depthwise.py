"""Depthwise convolutions: what `nn.Conv2d` computes, with gradients of our own where it is slow on a CPU."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from dcanet.device import autocast
from dcanet.evaluation.folding import fold_norms
from dcanet.models import TRIPLES, create
from dcanet.models.depthwise import Depthwise, DepthwiseConv2d
from dcanet.models.dilated import DilatedConv2d
from dcanet.models.layers import ConvNormAct

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
    y = Depthwise.apply(x, theirs.weight, stride, dilation)
    torch.testing.assert_close(y, want_y)
    grad = torch.randn_like(want_y)
    want = torch.autograd.grad(want_y, (x, theirs.weight), grad)
    got = torch.autograd.grad(y, (x, theirs.weight), grad)
    torch.testing.assert_close(got, want, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize(
    ("side", "kernel", "stride", "dilation", "in_float32", "in_bfloat16"),
    [
        (8, 3, 1, 1, "Convolution", "Convolution"),
        (8, 5, 1, 1, "Depthwise", "Depthwise"),
        (8, 3, 2, 1, "Convolution", "Depthwise"),
        (8, 5, 2, 1, "Convolution", "Depthwise"),
        (4, 5, 2, 1, "Depthwise", "Depthwise"),
        (64, 3, 1, 2, "Depthwise", "Depthwise"),
    ],
)
def test_only_what_is_slow_is_computed_otherwise(side, kernel, stride, dilation, in_float32, in_bfloat16):
    convolution = DepthwiseConv2d(8, kernel, stride, dilation)
    for precision, name in (("float32", in_float32), ("bfloat16", in_bfloat16)):
        with autocast(precision, torch.device("cpu")):
            y = convolution(torch.zeros(1, 8, side, side))
        assert type(y.grad_fn).__name__.startswith(name)


@pytest.mark.parametrize("kernel", [3, 5])
@pytest.mark.parametrize(("stride", "dilation"), [(1, 1), (2, 1), (1, 2), (2, 2)])
@pytest.mark.parametrize("size", [(2, 2), (9, 1), (28, 2), (15, 15), (56, 56)], ids=str)
@pytest.mark.parametrize("channels", [32, 72])
@pytest.mark.parametrize("layout", [torch.channels_last, torch.contiguous_format], ids=str)
def test_depthwise_gradients_in_bfloat16_agree_with_float32(layout, channels, size, stride, dilation, kernel):
    torch.manual_seed(0)
    layer = DepthwiseConv2d(channels, kernel, stride, dilation).to(memory_format=layout)
    x = torch.randn(4, channels, *size).contiguous(memory_format=layout)
    grad = torch.randn(layer(x).shape).contiguous(memory_format=layout)
    assert_close_in_norm(through(layer, x, grad, "bfloat16"), through(layer, x, grad, "float32"))


@pytest.mark.parametrize("groups", [1, 4, 32])
@pytest.mark.parametrize("stride", [1, 2])
def test_compiled_gradients_of_dilated_kernels_are_right_in_bfloat16(stride, groups):
    torch.manual_seed(0)
    unit = ConvNormAct(32, 32, 3, stride, groups, activation=None, dilation=2).conv
    layer = unit.to(memory_format=torch.channels_last)
    x = torch.randn(4, 32, 56, 56).contiguous(memory_format=torch.channels_last)
    grad = torch.randn(layer(x).shape).contiguous(memory_format=torch.channels_last)
    torch.compiler.reset()
    compiled = torch.compile(layer, backend="aot_eager", fullgraph=True)
    assert_close_in_norm(through(compiled, x, grad, "bfloat16"), through(layer, x, grad, "float32"))


def assert_close_in_norm(found, expected):
    """To one percent, several times what rounding to bfloat16 leaves."""
    for got, want in zip(found, expected, strict=True):
        assert (got.float() - want).norm() <= 0.01 * want.norm()


def through(layer, x, grad, precision):
    """Output and gradients of input and weight, as `loss.backward()` after autocast has them."""
    x = x.detach().requires_grad_()
    with autocast(precision, torch.device("cpu")):
        y = layer(x)
    return (y, *torch.autograd.grad(y, (x, *layer.parameters()), grad.to(y.dtype)))


@pytest.mark.parametrize(("channels", "groups"), [(32, 1), (256, 1), (32, 4), (32, 32)])
@pytest.mark.parametrize("stride", [1, 2])
@pytest.mark.parametrize("dilation", [1, 2])
@pytest.mark.parametrize("side", [2, 7, 14, 31, 32, 56])
def test_bfloat16_agrees_with_float32(side, dilation, stride, channels, groups):
    """oneDNN's own gradients of dilated kernels in groups do not, from sides of 31 on."""
    torch.manual_seed(0)
    unit = ConvNormAct(channels, channels, 3, stride, groups, activation=None, dilation=dilation).conv
    layer = unit.to(memory_format=torch.channels_last)
    x = torch.randn(4, channels, side, side).contiguous(memory_format=torch.channels_last)
    grad = torch.randn(layer(x).shape).contiguous(memory_format=torch.channels_last)
    assert_close_in_norm(through(layer, x, grad, "bfloat16"), through(layer, x, grad, "float32"))


def test_autocast_decides_the_dtype_of_what_comes_out():
    for layer in (DepthwiseConv2d(8, 3, dilation=2), DilatedConv2d(8, 8, 3, padding=2, dilation=2, groups=2)):
        with autocast("bfloat16", torch.device("cpu")):
            assert layer(torch.randn(1, 8, 4, 4)).dtype == torch.bfloat16
        assert layer(torch.randn(1, 8, 4, 4)).dtype == torch.float32


def test_a_folded_norm_is_not_forgotten():
    unit = ConvNormAct(8, 8, 5, groups=8, activation=None).eval()
    nn.init.uniform_(unit.norm.bias)
    x = torch.randn(2, 8, 16, 16)
    expected = unit(x)
    fold_norms(unit_in := nn.Sequential(*unit))
    torch.testing.assert_close(unit_in(x), expected)


@pytest.mark.parametrize(("kernel", "dilation"), [(5, 1), (3, 2)])
def test_exported_it_is_a_convolution(kernel, dilation):
    graph = torch.export.export(DepthwiseConv2d(8, kernel, 1, dilation), (torch.randn(1, 8, 16, 16),)).graph
    calls = [str(node.target) for node in graph.nodes if node.op == "call_function"]
    assert [call for call in calls if "conv2d" in call] == ["aten.conv2d.default"]


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
