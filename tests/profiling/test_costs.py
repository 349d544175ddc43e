"""Costs of classifiers and detectors, as a file and on the command line."""

import json

import pytest
import torch
from oracle import FORMS
from torch.utils.flop_counter import FlopCounterMode

from dcanet.cli import main
from dcanet.detection import assemble, default_options
from dcanet.errors import UserError
from dcanet.profile_documents import Costs, ModelCosts, Uncounted
from dcanet.profiling.costs import measure_costs, model_costs
from dcanet.profiling.detector_pass import DetectorPass
from dcanet.profiling.macs import count_macs

#: A demonstration's detectors are small; what is counted are the published ones.
SMALL = {"short_side": 96, "long_side": 128, "channels": 16}


def run(*arguments):
    return main(["profile", "costs", *map(str, arguments)])


def test_costs_of_a_pair_are_the_oracles(tmp_path):
    pair = {"se_mobilenet_v2": {}, "dca_se_mobilenet_v2": {}}
    costs = measure_costs(pair, 224)
    facts = {form.model: form.facts for form in FORMS if form.model in pair}
    assert list(costs.models) == list(pair)
    for name, cost in costs.models.items():
        assert cost.parameters.total == facts[name]["parameters"]
        assert cost.macs["fvcore"].total == facts[name]["macs_224"]
        assert cost.macs["published"].total == facts[name]["macs_224_authors_counter"]
        assert (cost.height, cost.width, cost.classes) == (224, 224, 1000)
    assert "aten::sigmoid" in costs.models["se_mobilenet_v2"].macs["fvcore"].uncounted_ops
    costs.save(tmp_path / "costs.json")
    assert Costs.load(tmp_path / "costs.json") == costs


def test_options_and_sides_are_those_given():
    cost = model_costs("se_mnasnet1_0", {"reduction": 4}, 64, 96)
    assert (cost.height, cost.width) == (64, 96)
    assert cost.options == {"reduction": 4, "first_reduction": 4}
    wider = model_costs("se_mnasnet1_0", {"reduction": 4}, 64, 192)
    assert wider.parameters == cost.parameters
    # Twice the positions, and the same pooled vectors.
    one, two = (c.macs["conv_linear"].parts for c in (cost, wider))
    assert two.backbone == 2 * one.backbone
    assert (two.attention, two.head) == (one.attention, one.head)


def test_a_network_that_cannot_be_counted_stands_with_its_reason():
    models = {"dca_cbam_mobilenet_v2": {}, "mobilenet_v2": {}}
    costs = measure_costs(models, 100, keep_going=True)
    reason = "dca_cbam_mobilenet_v2 takes images whose sides are multiples of 32 pixels; 100 is none"
    assert costs.models["dca_cbam_mobilenet_v2"] == Uncounted(reason=reason)
    assert isinstance(costs.models["mobilenet_v2"], ModelCosts)
    with pytest.raises(UserError, match="multiples of 32"):
        measure_costs(models, 100)
    with pytest.raises(UserError, match="at least 1 x 1 pixels, not 0 x 0"):
        measure_costs({"mobilenet_v2": {}}, 0)


@pytest.mark.parametrize("name", ["retinanet_dca_se_resnet50", "cascade_rcnn_dca_gc_resnet50"])
def test_detectors_are_counted_as_published(name):
    small = SMALL | ({"proposals": 7, "head_width": 8} if name.startswith("cascade") else {"head_depth": 1})
    costs = measure_costs({name: small}, 64).models[name]
    assert costs == measure_costs({name: {}}, 224).models[name]
    assert (costs.height, costs.width, costs.classes) == (800, 1344, 80)
    assert costs.options == default_options(name)
    assert costs.note.startswith("800 x 1333 pixels, padded to 800 x 1344; ")
    with torch.device("meta"):
        assert costs.parameters.total == sum(p.numel() for p in assemble(name).parameters())
    assert min(costs.macs["published"].parts.model_dump().values()) > 0


def test_a_backbones_options_count_in_detectors():
    name = "retinanet_se_resnet50"
    fewer, more = (model_costs(name, {"reduction": r}, 64, 64).parameters for r in (16, 8))
    assert more.attention > fewer.attention
    assert (more.backbone, more.head) == (fewer.backbone, fewer.head)


def test_the_box_heads_take_all_proposals():
    name, sides = "cascade_rcnn_resnet50", (64, 64)
    head = model_costs(name, {}, *sides)
    box_heads = 3 * 2000 * (256 * 49 * 1024 + 1024 * 1024 + 1024 * 81 + 1024 * 4)
    # P2 to P6 of a 64 x 64 image have these sides, and C2 to C5 the first four.
    levels = [side * side for side in (16, 8, 4, 2, 1)]
    laterals = sum(n * 256 * width for n, width in zip(levels, (256, 512, 1024, 2048), strict=False))
    outputs = sum(levels[:4]) * 256 * 256 * 9
    rpn = sum(levels) * (256 * 256 * 9 + 256 * 3 + 256 * 12)
    assert head.macs["conv_linear"].parts.head == laterals + outputs + rpn + box_heads
    assert "box heads on 2,000 proposals in each of 3 stages; without RoIAlign" in head.note


@pytest.mark.parametrize("name", ["retinanet_resnet50", "cascade_rcnn_gc_resnet50"])
def test_what_is_counted_is_what_a_detector_does(name):
    """A small detector at work on an image, with as many proposals as are counted."""
    options = {"short_side": 64, "long_side": 96, "channels": 16}
    options |= {"proposals": 6, "head_width": 8} if name.startswith("cascade") else {"head_depth": 1}
    torch.manual_seed(0)
    detector = assemble(name, 3, **options).eval()
    with FlopCounterMode(display=False) as counter, torch.no_grad():
        detector([torch.rand(3, 64, 96)])
    counted = DetectorPass(detector)
    found = count_macs(counted, counted.inputs(64, 96))["conv_linear"]
    assert found.total == counter.get_total_flops() / 2
    assert found.parts.head == found.total - found.parts.backbone - found.parts.attention > 0


def test_on_the_command_line(tmp_path, capsys):
    out = tmp_path / "costs.json"
    assert run("ge_mobilenet_v2", "dca_ge_mobilenet_v2", "retinanet_resnet50", "--out", out) == 0
    shown = capsys.readouterr().out
    costs = json.loads(out.read_text())["models"]
    assert list(costs) == ["ge_mobilenet_v2", "dca_ge_mobilenet_v2", "retinanet_resnet50"]
    lines = [line.split() for line in shown.splitlines()]
    connected = lines.index(["dca_ge_mobilenet_v2:", "224", "x", "224", "pixels,", "1,000", "classes"])
    assert lines[connected + 2] == (
        ["parameters", "2,223,872", "0", "81,611", "1,281,000", "3,586,483", "2.33", "%"]
    )
    headings = [line[:2] for line in lines[connected + 3 : connected + 6]]
    assert headings == [["MACs", "(fvcore)"], ["MACs", "(conv_linear)"], ["MACs", "(published)"]]
    assert "FLOP" not in shown


def test_options_belong_to_their_model(tmp_path):
    out = tmp_path / "costs.json"
    arguments = ["--option", "se_mobilenet_v2:reduction=4", "--image-size", 32, "--out", out]
    assert run("se_mobilenet_v2", "dca_se_mobilenet_v2", *arguments) == 0
    models = Costs.load(out).models
    assert [cost.options["reduction"] for cost in models.values()] == [4, 8]
    assert {cost.height for cost in models.values()} == {32}


def test_what_cannot_be_counted_on_the_command_line(tmp_path, capsys):
    out = tmp_path / "costs.json"
    arguments = ["dca_cbam_mobilenet_v2", "--image-size", 40, "--out", out]
    assert run(*arguments) == 1
    assert "multiples of 32 pixels; 40 is none" in capsys.readouterr().err
    assert not out.exists()
    assert run(*arguments, "--keep-going") == 0
    assert "multiples of 32 pixels; 40 is none" in capsys.readouterr().out
    assert isinstance(Costs.load(out).models["dca_cbam_mobilenet_v2"], Uncounted)
