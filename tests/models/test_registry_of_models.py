"""The interface: names, options and errors of `create`."""

import csv
from pathlib import Path

import pytest
import torch

from dcanet.models import TRIPLES, create, default_options, names, resolve_options
from dcanet.models.attention.cbam import ChannelGate

SHEET = Path(__file__).parents[2] / "config" / "pairs.tsv"


@pytest.fixture
def meta():
    with torch.device("meta"):
        yield


def test_names_and_triples_are_those_of_the_sheet():
    with open(SHEET, encoding="utf-8") as file:
        rows = list(csv.DictReader(file, delimiter="\t"))
    sheet = {row["id"]: (row["backbone"], row["attention"], row["connected"] == "true") for row in rows}
    assert names() == list(sheet)
    assert sheet == TRIPLES
    assert len(sheet) == 27


def test_unknown_model_lists_the_models():
    with pytest.raises(ValueError, match=r"unknown model 'resnet52'; models are .* backbones resnet50, "):
        create("resnet52")


def test_unknown_option_lists_the_options():
    with pytest.raises(
        ValueError, match=r"dca_ge_resnet50 has no option 'ratio'; its options are: matching, reduction"
    ):
        create("dca_ge_resnet50", ratio=8)


def test_model_without_options_says_so():
    with pytest.raises(ValueError, match="resnet50 has no option 'reduction'; its options are: none"):
        create("resnet50", reduction=8)


def test_unknown_form():
    with pytest.raises(ValueError, match="form must be 'printed' or 'released', not 'paper'"):
        create("se_resnet50", form="paper")


@pytest.mark.parametrize(
    ("name", "option", "value", "problem"),
    [
        ("dca_se_resnet50", "matching", "three_layer", "must be one of one_layer, two_layer"),
        ("dca_cbam_mobilenet_v2", "hand_on", "gates", "must be one of map, vector"),
        ("dca_sk_resnet50", "hand_on", "map", "must be one of pooled, gates"),
        ("se_resnet50", "reduction", "8", "must be a int"),
        ("se_resnet50", "reduction", True, "must be a int"),
        ("se_resnet50", "reduction", 0, "must be positive"),
        ("dca_se_resnet50", "join_bias", 1, "must be a bool"),
    ],
)
def test_bad_value_names_option_and_values(name, option, value, problem):
    with pytest.raises(ValueError, match=f"option {option} of {name} {problem}, not {value!r}"):
        create(name, **{option: value})


def test_model_knows_how_it_was_built(meta):
    model = create("dca_se_resnet50", reduction=8)
    assert model.model_name == "dca_se_resnet50"
    assert model.model_options == {"reduction": 8, "matching": "two_layer", "join_bias": True}
    assert create(model.model_name, form="released", **model.model_options).model_options == (
        model.model_options
    )


def test_matching(meta):
    one_layer = create("dca_ge_resnet50", matching="one_layer").state_dict()
    two_layer = create("dca_ge_resnet50", matching="two_layer").state_dict()
    match = "stages.1.0.attention.connection.match"
    assert one_layer[f"{match}.0.weight"].shape == (512, 256)
    assert f"{match}.3.weight" not in one_layer
    assert two_layer[f"{match}.0.weight"].shape == (512 // 16, 256)
    assert two_layer[f"{match}.3.weight"].shape == (512, 512 // 16)


def test_reduction(meta):
    weights = create("se_resnet50", reduction=4).state_dict()
    assert weights["stages.0.0.attention.gate.0.weight"].shape == (64, 256)


def test_reduction_replaces_that_of_the_first_blocks_too(meta):
    def hidden(**options) -> list[int]:
        weights = create("dca_se_mnasnet1_0", **options).state_dict()
        return [len(weights[f"stacks.1.{block}.attention.gate.0.weight"]) for block in range(3)]

    assert hidden() == [40 // 8, 40 // 16, 40 // 16]
    assert hidden(reduction=16) == [40 // 16] * 3
    assert hidden(reduction=16, first_reduction=4) == [40 // 4, 40 // 16, 40 // 16]
    assert resolve_options("dca_se_mnasnet1_0", reduction=16)["first_reduction"] == 16


@pytest.mark.parametrize("hand_on", ["map", "vector"])
def test_hand_on(meta, hand_on):
    model = create("dca_cbam_resnet50", hand_on=hand_on)
    gates = [module for module in model.modules() if isinstance(module, ChannelGate)]
    assert {gate.hands_on for gate in gates} == {hand_on}


def test_forms_differ_in_six_rows_only():
    differ = [name for name in names() if default_options(name) != default_options(name, "released")]
    assert differ == [
        "dca_se_resnet50",
        "dca_ge_resnet50",
        "dca_cbam_resnet50",
        "cbam_mnasnet1_0",
        "dca_cbam_mnasnet1_0",
        "dca_sk_mobilenet_v2",
    ]


def test_printed_is_the_default():
    assert all(default_options(name) == default_options(name, "printed") for name in names())


@pytest.mark.parametrize("name", names())
def test_number_of_classes(meta, name):
    assert create(name, num_classes=7).head.weight.shape[0] == 7


@pytest.mark.parametrize("name", names())
def test_state_dict_round_trip(name):
    first, second = create(name, 10), create(name, 10)
    second.load_state_dict(first.state_dict())
    images = torch.randn(2, 3, 32, 32, generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        assert torch.equal(first.eval()(images), second.eval()(images))
