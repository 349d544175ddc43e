"""The multiply-adds that blocks say of themselves are those that torch counts while they run."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor, nn
from torch.utils.flop_counter import FlopCounterMode

from dcanet.models import assemble, default_options, known, names
from dcanet.models.attention import Attention, Chain, NoAttention
from dcanet.models.attention.cbam import CBAM, ChannelGate, SpatialGate
from dcanet.models.attention.gc import GlobalContext
from dcanet.models.attention.ge import GatherExcite
from dcanet.models.attention.se import SqueezeExcitation
from dcanet.models.attention.sk import SelectiveKernel
from dcanet.models.layers import ConvNormAct
from dcanet.models.registration import attention_entry
from dcanet.profiling.macs import count_macs

FORMS = [
    pytest.param(name, form, id=f"{name}-{form}")
    for name in names()
    for form in ("printed", "released")
    if form == "printed" or default_options(name) != default_options(name, "released")
] + [
    pytest.param(name, "printed", id=name)
    for name in (
        *(name for name in known() if name.endswith("_resnet18")),
        "dca_coord_mnasnet1_0",
        "dca_coord_mobilenet_v2__scope_stage",
        "dca_cbam_resnet18__scope_stage__merge_addition",
        "dca_sk_resnet18__scope_stage",
    )
]


@pytest.mark.parametrize(("name", "form"), FORMS)
@pytest.mark.parametrize("size", [(224, 224), (64, 96)], ids=["224x224", "64x96"])
def test_every_block_of_every_network(name, form, size):
    with torch.device("meta"):
        model, image = assemble(name, form=form).eval(), torch.empty(1, 3, *size)
    units = {p: m for p, m in model.named_modules() if isinstance(m, ConvNormAct)}
    blocks = {p: m for p, m in model.named_modules() if isinstance(m, Attention | CBAM | NoAttention)}
    sizes = {}
    for path, module in (units | blocks).items():
        module.register_forward_pre_hook(
            lambda _, inputs, path=path: sizes.update({path: inputs[0].shape[2:]})
        )
    with FlopCounterMode(display=False) as counter, torch.no_grad():
        model(image)
    counted = {p: sum(ops.values()) // 2 for p, ops in counter.get_flop_counts().items()}
    root = type(model).__name__

    assert sizes.keys() == (units | blocks).keys()
    for path, unit in units.items():
        assert unit.macs(*sizes[path]) == counted[f"{root}.{path}"]
    before: dict[str, tuple[int, int]] = {}
    for path, block in blocks.items():
        # A network's blocks of one kind are a chain; CBAM's gates are two.
        kind = type(block).__name__
        assert block.macs(*sizes[path], before.get(kind)) == counted.get(f"{root}.{path}", 0), path
        before[kind] = tuple(sizes[path])


SIDES = st.integers(1, 40)


@settings(max_examples=25)
@given(
    attention=st.sampled_from(["se", "sk", "ge", "gc", "channel", "spatial", "eca", "simam", "coord"]),
    channels=st.sampled_from([16, 24, 48]),
    previous_channels=st.sampled_from([16, 48]),
    height=SIDES,
    width=SIDES,
    data=st.data(),
)
def test_a_block_and_its_connection(attention, channels, previous_channels, height, width, data):
    """Of any size, split as the counter splits them."""
    block = built(attention, channels, previous_channels, data)
    before = (height, width)
    if attention in ("channel", "spatial", "coord"):
        ratio = data.draw(st.integers(1, 3))
        before = (height * ratio, width * ratio)
    previous = previous_of(block, previous_channels, before)
    features = torch.empty(1, channels, height, width, device="meta")
    parts = count_macs(block, (features, previous))["conv_linear"].parts
    assert block.own_macs(height, width) == parts.backbone + parts.attention
    assert block.connection_macs((height, width), before) == parts.connection
    assert block.macs(height, width, before) == parts.total
    assert block.macs(height, width) == count_macs(block, (features,))["conv_linear"].total


def built(attention: str, channels: int, previous_channels: int, data: st.DataObject) -> Attention:
    reduction = data.draw(st.sampled_from([4, 7]))
    matching = data.draw(st.sampled_from(["one_layer", "two_layer"]))
    hand_on = data.draw(st.sampled_from(["map", "vector"]))
    stride = data.draw(st.sampled_from([1, 2, 3]))
    with torch.device("meta"):
        match attention:
            case "channel":
                chain = Chain(previous_channels, {"matching_bias": True, "hand_on": hand_on})
                block = ChannelGate.build(channels, chain, reduction=reduction)
            case "spatial":
                block = SpatialGate.build(channels, Chain(previous_channels))
            case "gc":
                block = GlobalContext.build(channels, Chain(previous_channels), reduction=reduction)
            case "sk":
                chain = Chain(previous_channels, {"matching": matching})
                block = SelectiveKernel.build(channels, chain, reduction=reduction, stride=stride)
            case "se":
                chain = Chain(previous_channels, {"matching": matching})
                block = SqueezeExcitation.build(channels, chain, reduction=reduction)
            case "eca" | "simam" | "coord":
                entry = attention_entry(attention)
                assert entry is not None
                block = entry.load().build(channels, Chain(previous_channels, {"matching": matching}))
            case _:
                chain = Chain(previous_channels, {"matching": matching, "reduction": reduction})
                block = GatherExcite.build(channels, chain)
    return block.eval()


def previous_of(block: nn.Module, channels: int, size: tuple[int, int]) -> Tensor | tuple[Tensor, ...]:
    """As the previous block hands it on."""
    name = type(block).__name__
    if name == "CoordinateAttention":
        return tuple(torch.empty(1, channels, length, device="meta") for length in size)
    shape = {"SelectiveKernel": (1, 2, channels), "GlobalContext": (1, channels, 1, 1)}.get(
        name, (1, channels)
    )
    if name == "SpatialGate":
        shape = (1, channels, *size)
    elif name == "ChannelGate":
        shape = (1, channels, *(size if block.hands_on == "map" else (1, 1)))
    return torch.empty(shape, device="meta")
