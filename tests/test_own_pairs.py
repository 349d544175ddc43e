"""Pairs that have no row in the sheet are made from the ids of registered models."""

from pathlib import Path

import pytest
import yaml

from dcanet.config import parse_config, read_yaml
from dcanet.errors import UserError
from dcanet.own_pairs import is_named, registered_pair, with_registered
from dcanet.sheets import read_pairs
from dcanet.workflow import Plan

CONFIG = Path(__file__).parents[1] / "config"
SHEET = read_pairs(CONFIG / "pairs.tsv")
CONFIGS = sorted(path.stem for path in CONFIG.glob("ablation_*.yaml"))


@pytest.mark.parametrize(
    ("name", "key", "row", "models"),
    [
        ("resnet18", "resnet18", "ResNet18", ["resnet18"]),
        ("eca_resnet50", "eca_resnet50", "ECA-ResNet50", ["eca_resnet50", "dca_eca_resnet50"]),
        ("dca_eca_resnet50", "eca_resnet50", "ECA-ResNet50", ["eca_resnet50", "dca_eca_resnet50"]),
        (
            "dca_se_resnet50__reduction_8__merge_addition",
            "dca_se_resnet50__reduction_8__merge_addition",
            "SE-ResNet50, reduction 8, merge addition",
            ["se_resnet50__reduction_8", "dca_se_resnet50__reduction_8__merge_addition"],
        ),
        (
            "se_resnet50__reduction_8",
            "se_resnet50__reduction_8",
            "SE-ResNet50, reduction 8",
            ["se_resnet50__reduction_8", "dca_se_resnet50__reduction_8"],
        ),
    ],
)
def test_a_pair_by_its_name(name, key, row, models):
    pair = registered_pair(name)
    assert (pair.id, pair.row, [model.id for model in pair.models]) == (key, row, models)
    assert all(model.published_top1_percent is None for model in pair.models)


def test_pairs_stand_with_those_of_their_backbone():
    pairs = with_registered(
        SHEET, ["eca_resnet50", "se_resnet50", "dca_se_resnet50__merge_addition", "resnet18"]
    )
    ids = [pair.id for pair in pairs]
    assert len(ids) == len(SHEET) + 3
    place = ids.index("cbam_resnet50")
    assert ids[place + 1 : place + 3] == ["eca_resnet50", "dca_se_resnet50__merge_addition"]
    assert ids[-1] == "resnet18"


def test_a_baselines_name_means_all_of_its_pairs():
    pairs = with_registered(SHEET, ["dca_se_resnet50__merge_addition"])
    assert [pair.id for pair in pairs if is_named(pair, "se_resnet50")] == [
        "se_resnet50",
        "dca_se_resnet50__merge_addition",
    ]
    assert [pair.id for pair in pairs if is_named(pair, "dca_se_resnet50")] == ["se_resnet50"]


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("eca_resnet5", "unknown pair 'eca_resnet5'; did you mean 'eca_resnet50'?"),
        ("dca_se_resnet50__merge_adition", "must be one of weighted, addition, not 'adition'"),
    ],
)
def test_no_model(name, message):
    with pytest.raises(UserError) as caught:
        with_registered(SHEET, [name])
    assert message in str(caught.value)


def test_the_workflow_trains_a_shared_baseline_once():
    config = {
        "pairs": ["se_mobilenet_v2", "dca_se_mobilenet_v2__merge_addition"],
        "data": {"name": "digits"},
        "recipes": {"mobilenet_v2": str(CONFIG / "recipes/digits_mobilenet.yaml")},
        "pairs_sheet": str(CONFIG / "pairs.tsv"),
        "detectors_sheet": str(CONFIG / "detectors.tsv"),
    }
    plan = Plan(parse_config(config))
    variant = "dca_se_mobilenet_v2__merge_addition"
    assert plan.models == ["se_mobilenet_v2", "dca_se_mobilenet_v2", variant]
    assert plan.timed == {
        "se_mobilenet_v2": ["se_mobilenet_v2", "dca_se_mobilenet_v2"],
        variant: ["se_mobilenet_v2", variant],
    }
    assert plan.own.pairs_arguments == ["--also", variant]


def test_weights_of_ones_own_are_not_published(tmp_path):
    config = {
        "pairs": ["eca_mobilenet_v2"],
        "data": {"name": "folder", "path": str(tmp_path)},
        "recipes": {"mobilenet_v2": str(CONFIG / "recipes/digits_mobilenet.yaml")},
        "weights": "published",
    }
    with pytest.raises(UserError, match="weights: eca_mobilenet_v2 is not published; set its own"):
        parse_config(config)


@pytest.mark.parametrize("name", CONFIGS)
def test_the_papers_ablations_are_ready(name, monkeypatch):
    monkeypatch.chdir(CONFIG.parent)
    plan = Plan(parse_config(read_yaml(CONFIG / f"{name}.yaml")))
    baselines = {pair.baseline.id for pair in plan.config.chosen_pairs()}
    assert len(plan.pairs) == (4 if name == "ablation_depth" else 2)
    assert len(plan.models) == len(plan.pairs) + len(baselines)
    text = (CONFIG / f"{name}.yaml").read_text()
    # The line for ImageNet has a recipe for each backbone.
    line = next(line for line in text.splitlines() if "recipes='" in line).split("recipes='")[1].split("'")[0]
    assert yaml.safe_load(line).keys() == plan.config.recipes.keys()
