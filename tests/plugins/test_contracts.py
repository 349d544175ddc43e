"""`dcanet check`: the example keeps every contract, and each mistake breaks the one that it is against."""

from pathlib import Path

import pytest

from dcanet.cli import main
from dcanet.contracts import backbone
from dcanet.contracts.attention import CONTRACTS, AttentionSubject
from dcanet.contracts.before_training import check_own_blocks
from dcanet.contracts.outcome import tried
from dcanet.errors import UserError
from dcanet.plugins.loading import load_plugin

EXAMPLE = Path(__file__).parents[2] / "docs" / "my_blocks.py"
TRANSFORM = "        return torch.sigmoid(self.weight * extracted)\n"

#: What is added to, or changed in, the block; the contract that it breaks; what is said of it.
MISTAKES = {
    "wrong shape": (
        ("", "    def fuse(self, features, attention):\n        return attention\n"),
        "shapes: expected refined features of shape (2, 64, 16, 16), as the features; came (2, 64); return",
    ),
    "forgets to hand on": (
        ("", "    def hand_on(self, features, extracted, attention, refined):\n        return None\n"),
        "hands on: expected something for the next block from a connected one; came None from",
    ),
    "is deaf": (
        ("", "    def connect(self, extracted, previous):\n        return extracted\n"),
        "connection: expected other refined features where the block before hands on something else; came",
    ),
    "hands on though plain": (
        ("", "    def forward(self, features, previous=None):\n        return features, features\n"),
        "plain: expected None as what a plain block hands on; came Tensor",
    ),
    "unused parameter": (
        (TRANSFORM, f"{TRANSFORM.replace('self.weight', 'self.weight.detach()')}"),
        "gradients: expected a gradient at every parameter; came none at weight",
    ),
    "state in an attribute": (
        (
            "torch.ones(channels))\n",
            "torch.ones(channels))\n        self.shift = torch.randn(channels)\n",
            TRANSFORM,
            TRANSFORM.replace("extracted)", "extracted + self.shift)"),
        ),
        "state dict: ",
    ),
    "random in evaluation": (
        (TRANSFORM, TRANSFORM.replace("extracted)", "extracted + torch.rand(1))")),
        "determinism: expected the same logits again; came others; keep random draws to training mode",
    ),
    "mixes images": (
        (TRANSFORM, TRANSFORM.replace("extracted)", "extracted.mean(dim=0, keepdim=True))")),
        "image by image: expected the same logits of an image alone and among others",
    ),
    "takes the map to float32": (
        (
            "",
            "    def fuse(self, features, attention):\n        return features.float() * attention.mean()\n",
        ),
        "precision: expected refined features in bfloat16, as the features under autocast; came float32",
    ),
    "Python on values": (
        (TRANSFORM, f"        if float(extracted.sum()) > 0:\n    {TRANSFORM}{TRANSFORM}"),
        "compile: expected one graph of torch.compile",
    ),
    "fails": (
        (TRANSFORM, "        return extracted.no_such_method()\n"),
        "shapes: its code fails: ",
    ),
}


def test_the_example_of_the_guide_keeps_all_contracts(capsys):
    assert main(["check", str(EXAMPLE)]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == f"attention style ({EXAMPLE})"
    assert {line.split(":")[0].strip() for line in lines if "✓" in line} >= {
        f"✓ {name}" for name in ("shapes", "hands on", "connection", "gradients", "state dict", "costs")
    }
    assert lines[-1].endswith("0 broken, 1 skipped")


def test_the_guide_has_the_example_as_it_is():
    guide = (EXAMPLE.parent / "extending.md").read_text()
    assert f"```python\n{EXAMPLE.read_text()}```" in guide


@pytest.mark.parametrize(("changes", "message"), MISTAKES.values(), ids=MISTAKES)
def test_a_mistake_breaks_its_contract(plugin, block, changes, message):
    for old, new in zip(changes[::2], changes[1::2], strict=True):
        block = block.replace(old, new) if old else f"{block}\n{new}"
    path = load_plugin(plugin(block)).path
    name = message.partition(":")[0]
    (outcome,) = tried({name: CONTRACTS[name]}, AttentionSubject("mine"), path)
    assert outcome.state == "broken"
    assert str(outcome).startswith(f"✗ {message}")
    assert "\n" not in str(outcome)


def test_nothing_else_is_tried_of_what_cannot_be_built(plugin, block, capsys):
    path = plugin(block.replace("super().__init__(channels)", "super().__init__(width)"))
    assert main(["check", path]) == 1
    said = capsys.readouterr().out
    assert f"✗ shapes: its code fails: {path}:11: NameError: name 'width' is not defined" in said
    assert said.endswith("0 kept, 1 broken, 0 skipped\n")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "    def hand_on(self, features, extracted, attention, refined):\n        return None\n",
            "None from",
        ),
        (
            "    def fuse(self, features, attention):\n        return attention\n",
            "expected refined features of",
        ),
    ],
)
def test_no_training_starts_with_a_broken_block(plugin, block, text, message):
    path = plugin(f"{block}\n{text}")
    load_plugin(path)
    with pytest.raises(UserError, match=message) as caught:
        check_own_blocks("dca_mine_mobilenet_v2", {}, 64)
    assert str(caught.value).startswith(f"{path}: dca_mine_mobilenet_v2: expected ")


BACKBONE = """
from torch import nn

from dcanet.plugins import Classifier, ConvNormAct, register_backbone


class Block(nn.Module):
    def __init__(self, attention, channels_in, channels, previous_channels, stride):
        super().__init__()
        self.conv = ConvNormAct(channels_in, channels, 3, stride)
        self.attention = attention.build(channels, previous_channels)
        self.attention_channels = channels

    def forward(self, x, previous=None):
        return self.attention(self.conv(x), previous)


@register_backbone("tinynet")
class TinyNet(Classifier):
    def __init__(self, attention, num_classes=1000):
        super().__init__()
        widths = [3, 16, 32, 32, 64]
        strides = [2, 2, 1, 2]
        self.blocks = nn.ModuleList(
            Block(attention, i, o, previous, stride)
            for i, o, previous, stride in zip(widths, widths[1:], [16, *widths[1:]], strides)
        )
        self.head = nn.Linear(64, num_classes)

    def forward(self, x):
        handed_on = None
        for block in self.blocks:
            x, handed_on = block(x, handed_on)
        return self.head(x.mean(dim=(2, 3)))
"""


def test_a_backbone_keeps_its_contracts(plugin, capsys):
    assert main(["check", plugin(BACKBONE)]) == 0
    assert "✓ chain: 4 blocks hear the one before them" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (
            "x, handed_on = block",
            "x, _ = block",
            "chain: expected what blocks.0.attention hands on, handed to",
        ),
        (
            "        self.attention_channels = channels\n",
            "",
            "widths: expected attention_channels at 4 residual",
        ),
        (
            "return self.head(",
            "return (",
            "logits: expected logits of shape (2, 10) of 2 images; came (2, 64)",
        ),
    ],
)
def test_a_mistake_in_a_backbone(plugin, old, new, message):
    path = load_plugin(plugin(BACKBONE.replace(old, new))).path
    name = message.partition(":")[0]
    (outcome,) = tried({name: backbone.CONTRACTS[name]}, backbone.BackboneSubject("tinynet"), path)
    assert str(outcome).startswith(f"✗ {message}")
