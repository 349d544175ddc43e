"""Parameters by part."""

import pytest
import torch
from oracle import FORMS

from dcanet import detection
from dcanet.models import TRIPLES, assemble, default_options, names
from dcanet.models.fairness import fair_options
from dcanet.profile_documents import Parts
from dcanet.profiling.parts import count_parameters, part_of

CONNECTED = [name for name, (_, _, connected) in TRIPLES.items() if connected]


def on_meta(name, **options):
    build = detection.assemble if detection.is_detector(name) else assemble
    with torch.device("meta"):
        return build(name, **options)


@pytest.mark.parametrize("form", FORMS, ids=str)
def test_every_form_as_measured(form):
    with torch.device("meta"):
        model = form.build()
    assert count_parameters(model).total == form.facts["parameters"]


@pytest.mark.parametrize("name", names())
def test_backbone_and_head_are_the_plain_networks(name):
    backbone, attention, connected = TRIPLES[name]
    parts, plain = count_parameters(on_meta(name)), count_parameters(on_meta(backbone))
    assert (parts.backbone, parts.head) == (plain.backbone, plain.head)
    assert (plain.attention, plain.connection) == (0, 0)
    assert (parts.attention > 0) == (attention not in ("none", "ge"))
    assert (parts.connection > 0) == connected


@pytest.mark.parametrize("connected", CONNECTED)
def test_connection_is_what_the_baseline_lacks(connected):
    baseline = connected.removeprefix("dca_")
    options = fair_options(default_options(baseline), default_options(connected))
    parts = count_parameters(on_meta(connected))
    assert parts.model_copy(update={"connection": 0}) == count_parameters(on_meta(baseline, **options))


def test_parts_of_a_block():
    part = part_of(on_meta("dca_sk_mobilenet_v2"))
    assert part("") == part("stem") == part("blocks.3.project.conv") == part("last") == "backbone"
    assert part("head") == "head"
    block = "blocks.3.selective"
    assert part(f"{block}.branches.0.conv") == part(f"{block}.branches.0") == "backbone"
    assert part(f"{block}.branches.1.conv") == part(f"{block}.select.2") == part(block) == "attention"
    assert part(f"{block}.connection.1.merge.mix") == part(f"{block}.connection") == "connection"


def test_both_gates_of_cbam_have_a_connection():
    part = part_of(on_meta("dca_cbam_mnasnet1_0"))
    block = "stacks.2.1.attention"
    for gate in ("channel", "spatial"):
        assert part(f"{block}.{gate}") == "attention"
        assert part(f"{block}.{gate}.connection.merge.norm") == "connection"


@pytest.mark.parametrize("name", [*detection.names(), "retinanet_dca_sk_resnet50"])
def test_a_detectors_head_is_all_but_its_backbone(name):
    detector = on_meta(name)
    parts = count_parameters(detector)
    classifier = count_parameters(on_meta(detection.split_name(name)[1], form="released"))
    assert parts.model_copy(update={"head": 0}) == classifier.model_copy(update={"head": 0})
    assert parts.total == sum(parameter.numel() for parameter in detector.parameters())


def test_a_shared_parameter_counts_once():
    model = on_meta("resnet50")
    alone = count_parameters(model)
    model.head_again = model.head
    assert count_parameters(model) == alone == Parts(backbone=23_508_032, head=2_049_000)
