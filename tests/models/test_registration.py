"""What an author of a block or a backbone writes, and what they have of it."""

import importlib.util
import sys
from pathlib import Path

import pytest
import torch
from torch import Tensor, nn

from dcanet.models import (
    assemble,
    attention_names,
    attention_source,
    backbone_names,
    backbone_source,
    create,
    default_options,
    is_model,
    known,
    names,
    register_attention,
    register_backbone,
    registrations_undone,
    triple_of,
)
from dcanet.models.attention import AttentionBuilder, ChannelAttention, SpatialAttention
from dcanet.models.backbones import Classifier


@pytest.fixture(autouse=True)
def forgotten():
    with registrations_undone():
        yield


class Mine(ChannelAttention):
    """As small as a block can be."""

    def __init__(self, channels: int, kernel: int = 3, kind: str = "soft") -> None:
        super().__init__(channels)
        self.gate = nn.Sequential(nn.Linear(channels, channels), nn.Sigmoid())
        self.kernel, self.kind = kernel, kind

    def transform(self, extracted: Tensor) -> Tensor:
        return self.gate(extracted)


class Places(SpatialAttention):
    """A block over the places."""

    def __init__(self, channels: int) -> None:
        super().__init__(channels)
        self.conv = nn.Conv2d(self.maps, 1, 3, padding=1)

    def transform(self, extracted: Tensor) -> Tensor:
        return torch.sigmoid(self.conv(extracted))


class Small(Classifier):
    """A backbone of two blocks."""

    def __init__(self, attention: AttentionBuilder, num_classes: int) -> None:
        super().__init__()
        self.convs = nn.ModuleList([nn.Conv2d(3, 8, 3, 2), nn.Conv2d(8, 16, 3, 2)])
        self.blocks = nn.ModuleList([attention.build(8, 8, True), attention.build(16, 8, True)])
        self.head = nn.Linear(16, num_classes)

    def forward(self, x: Tensor) -> Tensor:
        handed_on = None
        for conv, block in zip(self.convs, self.blocks, strict=True):
            x, handed_on = block(conv(x), handed_on)
        return self.head(x.mean(dim=(2, 3)))


def images(n: int = 2, side: int = 64) -> Tensor:
    return torch.randn(n, 3, side, side, generator=torch.Generator().manual_seed(0))


@pytest.mark.parametrize("block", [Mine, Places])
def test_a_block_is_connected_without_knowing_how(block):
    register_attention("mine")(block)
    torch.manual_seed(0)
    model = create("dca_mine_resnet18", 5)
    model(images()).square().sum().backward()
    first = "stages.0.0.attention.connection."
    without = {key for key, parameter in model.named_parameters() if parameter.grad is None}
    assert without == {key for key, _ in model.named_parameters() if key.startswith(first)}
    assert without
    baseline = set(create("mine_resnet18", 5).state_dict())
    assert baseline == {key for key in model.state_dict() if ".connection." not in key}
    with pytest.raises(NotImplementedError, match=f"{block.__name__} does not say its multiply-adds"):
        model.stages[0][0].attention.macs(8, 8)


def test_it_stands_on_every_backbone_and_in_no_table():
    before = names()
    register_attention("mine", options={"kernel": 3, "kind": "soft"}, choices={"kind": ("soft", "hard")})(
        Mine
    )
    assert names() == before
    assert {f"{dca}mine_{backbone}" for dca in ("", "dca_") for backbone in backbone_names()} <= set(known())
    assert triple_of("dca_mine_mobilenet_v2") == ("mobilenet_v2", "mine", True)
    assert default_options("mine_resnet18") == {"kernel": 3, "kind": "soft"}
    assert default_options("dca_mine_resnet18") == {"kernel": 3, "kind": "soft", "matching": "two_layer"}
    block = assemble("mine_resnet18__kernel_5__kind_hard").stages[0][0].attention
    assert (block.kernel, block.kind) == (5, "hard")
    with pytest.raises(ValueError, match="option kind of mine_resnet18 must be one of soft, hard"):
        create("mine_resnet18", kind="firm")


def test_a_backbone_has_every_attention():
    register_backbone("small")(Small)
    register_attention("mine")(Mine)
    for name in (
        "small",
        *(f"{dca}{a}_small" for a in ("se", "cbam", "coord", "mine") for dca in ("", "dca_")),
    ):
        assert create(name, 7)(images(side=67)).shape == (2, 7)


def test_a_backbone_of_plain_rows():
    @register_backbone("plain", takes_attention=False)
    class Plain(Classifier):
        def __init__(self, num_classes: int) -> None:
            super().__init__()
            self.head = nn.Linear(3, num_classes)

        def forward(self, x: Tensor) -> Tensor:
            return self.head(x.mean(dim=(2, 3)))

    assert create("plain", 4)(images()).shape == (2, 4)
    assert not is_model("se_plain")
    assert [name for name in known() if name.endswith("plain")] == ["plain"]


def test_a_backbone_that_is_no_classifier():
    register_backbone("other")(lambda attention, num_classes: nn.Linear(1, num_classes))
    with pytest.raises(ValueError, match=r"backbone 'other', registered by .*\.py, makes no Classifier"):
        create("other")


def test_registrations_are_forgotten():
    before = known()
    with registrations_undone():
        register_attention("mine")(Mine)
        register_backbone("small")(Small)
        assert is_model("dca_mine_small")
    assert known() == before
    assert not is_model("mine_resnet50")


def test_the_file_that_registered(tmp_path: Path):
    file = tmp_path / "blocks.py"
    file.write_text(
        "from dcanet.models import register_attention, register_backbone\n"
        "from dcanet.models.attention import ChannelAttention\n"
        "@register_attention('theirs')\n"
        "class Theirs(ChannelAttention):\n"
        "    pass\n"
        "@register_backbone('net')\n"
        "def net(attention, num_classes):\n"
        "    pass\n"
    )
    spec = importlib.util.spec_from_file_location("blocks_of_a_test", file)
    assert spec
    assert spec.loader
    spec.loader.exec_module(importlib.util.module_from_spec(spec))
    assert "blocks_of_a_test" not in sys.modules
    assert attention_source("theirs") == backbone_source("net") == file
    assert attention_source("se") is backbone_source("resnet50") is attention_source("timm_eca") is None
    with pytest.raises(ValueError, match=f"attention 'theirs' is registered already, by {file}"):
        register_attention("theirs")
    with pytest.raises(ValueError, match=f"backbone 'net' is registered already, by {file}"):
        register_backbone("net")


@pytest.mark.parametrize(
    "name", ["", "Mine", "my_block", "2d", "a-b", "a/b", "..", "é", "dca", "none", "timm", "retinanet"]
)
def test_names_that_no_attention_can_have(name):
    with pytest.raises(ValueError, match="name"):
        register_attention(name)


@pytest.mark.parametrize(
    "name", ["", "Net", "a__b", "_a", "a_", "a/b", "dca_net", "timmnet_x", "cascade_rcnn"]
)
def test_names_that_no_backbone_can_have(name):
    with pytest.raises(ValueError, match="name"):
        register_backbone(name)


def test_ids_stay_unambiguous():
    with pytest.raises(
        ValueError, match="its id would begin as those of the attention se, registered by dcanet"
    ):
        register_backbone("se_net")
    with pytest.raises(ValueError, match="as those of the backbone mobilenet_v2, registered by dcanet"):
        register_attention("mobilenet")
    with pytest.raises(ValueError, match="attention 'se' is registered already, by dcanet"):
        register_attention("se")


@pytest.mark.parametrize("option", ["merge", "form", "num_classes", "a__b", "a b"])
def test_options_that_no_block_can_have(option):
    with pytest.raises(ValueError, match=f"attention 'mine': an option cannot be called '{option}'"):
        register_attention("mine", options={option: 1})


def test_what_is_no_block():
    with pytest.raises(ValueError, match=r"attention 'mine': .* is no class derived from Attention"):
        register_attention("mine")(nn.Linear)
    assert "mine" not in attention_names()
