"""Multiply-adds by three conventions, against the authors' counter, fvcore itself and torch's own counter."""

import functools

import pytest
import torch
from fvcore.nn import FlopCountAnalysis
from hypothesis import given, settings
from hypothesis import strategies as st
from oracle import FORMS
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from dcanet.errors import UserError
from dcanet.models import TRIPLES, assemble, default_options, model_id
from dcanet.models.fairness import fair_options
from dcanet.profiling.macs import count_macs
from dcanet.profiling.parts import PartName

RELUS = ("aten::relu", "aten::relu_")
PARTNERS = [
    (model_id(backbone, attention, False), name)
    for name, (backbone, attention, connected) in TRIPLES.items()
    if connected
]


def on_meta(name, **options):
    with torch.device("meta"):
        return assemble(name, **options).eval()


def image(side, device="meta"):
    return torch.empty(1, 3, side, side, device=device)


@functools.cache
def plain_parts(backbone):
    counts = count_macs(on_meta(backbone), (image(64),))
    return {convention: count.parts for convention, count in counts.items()}


def half_of_torchs(model, *inputs):
    """Multiply-adds by torch's counter, which counts multiplications and additions apart."""
    with FlopCounterMode(display=False) as counter, torch.no_grad():
        model(*inputs)
    return counter.get_total_flops() / 2


@pytest.mark.parametrize("form", FORMS, ids=str)
def test_every_form_as_measured(form):
    """fvcore's and the authors' counts of the authors' code, to the integer; torch's of ours."""
    with torch.device("meta"):
        model = form.build().eval()
    counts = count_macs(model, (image(224),))
    assert counts["fvcore"].total == form.facts["macs_224"]
    assert counts["published"].total == form.facts["macs_224_authors_counter"]
    assert counts["conv_linear"].total == half_of_torchs(model, image(224))


@pytest.mark.parametrize(
    "name",
    [
        "resnet50",
        "se_mnasnet1_0",
        "dca_sk_mobilenet_v2",
        "dca_ge_mobilenet_v2",
        "dca_gc_resnet50",
        "dca_cbam_mnasnet1_0",
    ],
)
def test_fvcore_without_arithmetic_is_fvcore(name):
    model = assemble(name).eval()
    with torch.no_grad():
        analysis = FlopCountAnalysis(model, image(64, "cpu"))
        analysis.unsupported_ops_warnings(False).uncalled_modules_warnings(False).tracer_warnings("none")
        total = analysis.total()
    counted = count_macs(on_meta(name), (image(64),))
    assert counted["fvcore"].total == total
    # fvcore takes ReLUs for free and does not say so.
    listed = {op: n for op, n in counted["fvcore"].uncounted_ops.items() if op not in RELUS}
    assert listed == dict(analysis.unsupported_ops())
    assert count_macs(model, (image(64, "cpu"),)) == counted


@pytest.mark.parametrize(("baseline", "connected"), PARTNERS)
def test_connecting_adds_to_the_connection_alone(baseline, connected):
    """With the same attention a connected network differs from its baseline in nothing else."""
    options = fair_options(default_options(baseline), default_options(connected))
    plain = count_macs(on_meta(baseline, **options), (image(64),))
    joined = count_macs(on_meta(connected), (image(64),))
    for convention, count in joined.items():
        assert count.parts.connection > 0
        without = count.parts.model_copy(update={"connection": 0})
        assert without == plain[convention].parts
        unattended = plain[convention].parts.model_copy(update={"attention": 0})
        assert unattended == plain_parts(TRIPLES[baseline][0])[convention]


@pytest.mark.parametrize("device", ["cpu", "meta"])
def test_what_is_counted_of_each_layer(device):
    layers: list[nn.Module] = [
        nn.Conv2d(3, 4, 3, padding=1),  # (4, 8, 8)
        nn.BatchNorm2d(4),
        nn.ReLU6(inplace=True),
        nn.MaxPool2d(2),  # (4, 4, 4)
        nn.ReLU(),
        nn.AdaptiveMaxPool2d(2),  # (4, 2, 2)
        nn.AdaptiveAvgPool2d(1),
        nn.Flatten(),
        nn.Linear(4, 5),
        nn.LayerNorm(5),
        nn.Sigmoid(),
    ]
    model = nn.Sequential(*layers).eval().to(device)
    counts = count_macs(model, (image(8, device),))
    conv, linear = 27 * 4 * 64, 20
    assert counts["conv_linear"].total == conv + linear == half_of_torchs(model, image(8, device))
    assert counts["fvcore"].total == conv + linear + 2 * 256 + 16 + 5 * 5
    bias, norm, relus, pools = 256, 2 * 256, 256 + 64, 256 + 64 + 16
    assert counts["published"].total == conv + bias + linear + norm + relus + pools
    assert counts["published"].uncounted_ops == {"aten::layer_norm": 1, "aten::sigmoid": 1}
    assert counts["fvcore"].uncounted_ops == {
        "aten::adaptive_max_pool2d": 1,
        "aten::hardtanh_": 1,
        "aten::max_pool2d": 1,
        "aten::relu": 1,
        "aten::sigmoid": 1,
    }
    assert counts["conv_linear"].uncounted_ops == counts["fvcore"].uncounted_ops | {
        "aten::adaptive_avg_pool2d": 1,
        "aten::batch_norm": 1,
        "aten::layer_norm": 1,
    }


class Products(nn.Module):
    """Matrix products in every way that torch has."""

    def forward(self, x):
        rows, columns = x[0, 0], x[0, 1]
        product = rows @ columns + torch.mm(rows, columns) + torch.addmm(rows, rows, columns)
        return product + torch.bmm(x[0, :1], x[0, 1:2])[0] + torch.einsum("ij,jk->ik", rows, columns)


def test_matrix_products_are_linear():
    counts = count_macs(Products(), (image(6, "cpu"),))
    assert counts["conv_linear"].total == 5 * 6**3 == half_of_torchs(Products(), image(6, "cpu"))


def test_transposed_convolutions():
    model = nn.ConvTranspose2d(3, 5, 3, stride=2, padding=1)
    counts = count_macs(model, (image(7, "cpu"),))
    assert counts["conv_linear"].total == 7 * 7 * 3 * 5 * 9 == half_of_torchs(model, image(7, "cpu"))
    with pytest.raises(UserError, match="conv_transpose2d is not recorded on the meta device"):
        count_macs(model.to("meta"), (image(7),))


@settings(max_examples=40)
@given(
    groups=st.integers(1, 3),
    kernel=st.tuples(st.integers(1, 4), st.integers(1, 4)),
    stride=st.integers(1, 3),
    padding=st.integers(0, 3),
    dilation=st.integers(1, 3),
    sides=st.tuples(st.integers(10, 20), st.integers(10, 20)),
)
def test_any_convolution_without_arithmetic(groups, kernel, stride, padding, dilation, sides):
    model = nn.Conv2d(groups, 2 * groups, kernel, stride, padding, dilation, groups)
    x = torch.empty(2, groups, *sides)
    computed = model(x)
    counts = count_macs(model.to("meta"), (x.to("meta"),))
    assert counts["conv_linear"].total == computed.numel() * kernel[0] * kernel[1]
    assert counts["published"].total == computed.numel() * (kernel[0] * kernel[1] + 1)


class DependsOnValues(nn.Module):
    def forward(self, x):
        return x[x > 0].sum().item() * x


class Careless(nn.Module):
    def forward(self, x):
        raise KeyError("no such\nlayer")


class Unmoved(nn.Module):
    """Gives what does not depend on its input, which the tracer answers with all of its values."""

    def __init__(self):
        super().__init__()
        self.known = [torch.zeros(100, 100)]

    def forward(self, x):
        return self.known[0]


@pytest.mark.parametrize("network", [DependsOnValues, Careless, Unmoved])
@pytest.mark.parametrize("name", [None, "se_resnet50"])
def test_what_cannot_be_traced_is_one_line(network, name):
    model = network()
    if name:
        model.model_name = name
    with pytest.raises(UserError) as raised:
        count_macs(model, (image(4, "meta" if network is DependsOnValues else "cpu"),))
    text = str(raised.value)
    assert text.startswith(f"{name or network.__name__}: its MACs cannot be counted: ")
    assert len(text.splitlines()) == 1
    assert len(text) < 300


def test_counting_leaves_the_network_as_it_was():
    model = assemble("dca_cbam_mobilenet_v2").eval()
    before = {name: set(vars(module)) for name, module in model.named_modules()}
    hooks = [len(module._forward_pre_hooks) for module in model.modules()]
    x = torch.rand(1, 3, 32, 32)
    with torch.no_grad():
        logits = model(x)
        count_macs(model, (x,))
        assert torch.equal(model(x), logits)
    assert {name: set(vars(module)) for name, module in model.named_modules()} == before
    assert [len(module._forward_pre_hooks) for module in model.modules()] == hooks


def test_parts_of_a_single_block():
    """What a block does with the previous one's attention and for the next is the connection's."""
    block = assemble("dca_sk_resnet50").eval().stages[1][0].selective
    features, previous = torch.empty(1, 128, 8, 8), torch.empty(1, 2, 64)
    parts = count_macs(block, (features, previous))["conv_linear"].parts
    branch, hidden = 128 * 128 * 9 * 16, 128 // 16
    matching = 2 * 64 * 128
    found: dict[PartName, int] = parts.model_dump()
    assert found == {
        "backbone": branch,
        "attention": branch + 3 * 128 * hidden,
        "connection": matching + 2 * 2 * 128,
        "head": 0,
    }
