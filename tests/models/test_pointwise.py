"""1x1 convolutions: what `nn.Conv2d` computes, by oneDNN on one thread too."""

from collections.abc import Iterator

import pytest
import torch
from torch import nn
from torch.profiler import ProfilerActivity, profile

from dcanet.device import autocast
from dcanet.models.pointwise import IMAGES_FOR_ONEDNN, PointwiseConv2d

LAYOUTS = [torch.contiguous_format, torch.channels_last]


@pytest.fixture(params=[1, 2])
def threads(request: pytest.FixtureRequest) -> Iterator[int]:
    before = torch.get_num_threads()
    torch.set_num_threads(request.param)
    yield request.param
    torch.set_num_threads(before)


@pytest.mark.parametrize("layout", LAYOUTS, ids=str)
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize(("stride", "bias"), [(1, False), (2, False), (1, True)])
@pytest.mark.parametrize("images", [1, 3, IMAGES_FOR_ONEDNN])
def test_computes_what_conv2d_computes(images, stride, bias, dtype, layout, threads):
    torch.manual_seed(0)
    ours = PointwiseConv2d(6, 10, stride, bias).to(dtype)
    theirs = nn.Conv2d(6, 10, 1, stride, bias=bias, dtype=dtype)
    theirs.load_state_dict(ours.state_dict())
    x = torch.randn(images, 6, 7, 5, dtype=dtype).contiguous(memory_format=layout).requires_grad_()
    found, expected = ours(x), theirs(x)
    torch.testing.assert_close(found, expected)
    grad = torch.randn_like(expected)
    gradients = (
        torch.autograd.grad(y, (x, *c.parameters()), grad) for y, c in ((found, ours), (expected, theirs))
    )
    for got, want in zip(*gradients, strict=True):
        torch.testing.assert_close(got, want)


@pytest.mark.skipif(not torch.backends.mkldnn.is_available(), reason="torch without oneDNN")
@pytest.mark.parametrize("images", [2, IMAGES_FOR_ONEDNN])
def test_oneDNN_computes_it(images, threads):
    convolution, x = PointwiseConv2d(16, 16), torch.randn(images, 16, 8, 8)
    with profile(activities=[ProfilerActivity.CPU]) as seen:
        convolution(x)
    assert "aten::mkldnn_convolution" in {event.key for event in seen.key_averages()}


def test_autocast_decides_the_dtype(threads):
    with autocast("bfloat16", torch.device("cpu")):
        assert PointwiseConv2d(4, 4)(torch.randn(2, 4, 3, 3)).dtype is torch.bfloat16


@pytest.mark.parametrize("threads", [1], indirect=True)
def test_tracers_and_compilers_see_a_kernel_that_is_not_dilated(threads):
    convolution, x = PointwiseConv2d(4, 4), torch.randn(2, 4, 3, 3)
    graph = torch.export.export(convolution, (x,)).graph
    (call,) = [node for node in graph.nodes if "conv" in str(node.target)]
    assert [2, 2] not in call.args
    assert "dilation" not in call.kwargs
    assert "value=2]" not in str(torch.jit.trace(convolution, x).inlined_graph)
