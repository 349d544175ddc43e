"""Blocks and networks of timm, where it is installed."""

import sys

import pytest
import torch
from torch import Tensor

from dcanet.evaluation.inference import make_fast
from dcanet.models import check_image_size, create, is_model, known, triple_of
from dcanet.models.attention.base import Chain
from dcanet.models.attention.se import SqueezeExcitation
from dcanet.models.attention.timm_block import timm_attention

timm = pytest.importorskip("timm", reason="timm is an optional extra")
CHANNELS, PREVIOUS = 32, 24


def maps(channels: int = CHANNELS) -> Tensor:
    return torch.randn(2, channels, 8, 8, generator=torch.Generator().manual_seed(channels))


def built(kind: str) -> torch.nn.Module:
    torch.manual_seed(0)
    return timm_attention(kind).build(CHANNELS, Chain(PREVIOUS)).eval()


@pytest.mark.parametrize("kind", ["se", "eca", "ecam", "gc", "gca", "cbam", "lcbam", "coord", "sk", "nl"])
def test_any_block_is_a_pair(kind):
    block, features = built(kind), maps()
    previous = torch.rand(2, PREVIOUS, requires_grad=True)
    first, handed_on = block(features)
    assert torch.equal(first, block.block(features))
    assert torch.equal(handed_on, first.mean(dim=(2, 3))) or torch.allclose(handed_on, first.mean(dim=(2, 3)))
    refined, handed_on = block(features, previous)
    assert refined.shape == features.shape
    assert handed_on.shape == (2, CHANNELS)
    assert not torch.allclose(refined, first)
    handed_on.square().sum().backward()
    assert previous.grad.norm() > 0
    assert all(parameter.grad is not None for parameter in block.connection.parameters())


def test_the_gates_of_a_channel_block_are_those_of_ours():
    """timm's SE with our weights: gates from the joined descriptor, on the shifted map."""
    theirs, previous, features = built("se"), torch.rand(2, PREVIOUS), maps()
    hidden = theirs.block.fc1.out_channels
    ours = SqueezeExcitation.build(
        CHANNELS, Chain(PREVIOUS, {"matching": "two_layer"}), reduction=CHANNELS // hidden
    )
    for layer, name in ((ours.gate[0], "fc1"), (ours.gate[2], "fc2")):
        conv = theirs.block.get_submodule(name)
        layer.weight.data, layer.bias.data = conv.weight.data.flatten(1), conv.bias.data
    ours.connection = theirs.connection
    extracted = features.mean(dim=(2, 3))
    wanted = ours.connect(extracted, previous)
    gates = ours.transform(wanted)[:, :, None, None]
    refined, handed_on = theirs(features, previous)
    shifted = features + (wanted - extracted)[:, :, None, None]
    torch.testing.assert_close(refined, shifted * gates)
    torch.testing.assert_close(handed_on, wanted * gates.flatten(1))


def test_networks_of_ours_with_blocks_of_timm():
    assert triple_of("dca_timm_eca_mobilenet_v2__scope_stage") == ("mobilenet_v2", "timm_eca", True)
    assert not [name for name in known() if "timm" in name]
    assert create("dca_timm_eca_resnet18", 5)(torch.randn(2, 3, 32, 32)).shape == (2, 5)


@pytest.mark.parametrize("name", ["resnet18d", "mobilenetv3_small_050"])
def test_a_network_of_timm_is_timms(name):
    ours = create(f"timmnet_{name}", 10).eval()
    theirs = timm.create_model(name, num_classes=0).eval()
    theirs.load_state_dict(ours.body.state_dict())
    images = torch.randn(2, 3, 64, 64)
    with torch.no_grad():
        assert torch.equal(ours(images), ours.head(theirs(images)))
    assert not is_model(f"se_timmnet_{name}")


@pytest.mark.parametrize("name", ["timmnet_resnetv2_50x1_bit", "timmnet_eca_nfnet_l0"])
def test_standardised_convolutions_are_evaluated_as_they_are(name):
    torch.manual_seed(0)
    model, images = create(name, 10).eval(), torch.randn(1, 3, 64, 64)
    with torch.inference_mode():
        expected = model(images)
        make_fast(model, torch.device("cpu"))
        torch.testing.assert_close(model(images), expected)


@pytest.mark.parametrize(
    ("name", "problem"),
    [
        ("timm_foo_resnet18", "attention timm_foo: timm cannot make it of 64 channels"),
        ("timm_bottleneck_resnet18", "attention timm_bottleneck: timm cannot make it of 64 channels"),
        ("timmnet_foo", "has no model 'foo'"),
    ],
)
def test_what_timm_does_not_know(name, problem):
    with pytest.raises(ValueError, match=problem):
        create(name)


def test_sizes_that_networks_are_made_for():
    check_image_size("timmnet_vit_tiny_patch16_224", 224)
    check_image_size("timmnet_resnet18d", 65)
    with pytest.raises(
        ValueError, match="timmnet_vit_tiny_patch16_224 takes images of 224 pixels a side, not 32"
    ):
        check_image_size("timmnet_vit_tiny_patch16_224", 32)


@pytest.mark.parametrize("name", ["timm_eca_resnet18", "timmnet_resnet18d"])
def test_without_timm(name, monkeypatch):
    monkeypatch.setitem(sys.modules, "timm", None)
    monkeypatch.setitem(sys.modules, "timm.layers", None)
    with pytest.raises(ValueError, match="needs timm, which is not installed: pip install timm"):
        create(name)
