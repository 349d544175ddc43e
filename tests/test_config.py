"""The config: what is accepted, and one clear line for everything else."""

from pathlib import Path

import pytest
import yaml

from dcanet.commands.config import schema
from dcanet.config import load_config, parse_config
from dcanet.errors import UserError
from dcanet.training.recipe import load_recipe

ROOT = Path(__file__).parents[1]


@pytest.fixture
def values(monkeypatch):
    monkeypatch.chdir(ROOT)
    return yaml.safe_load(Path("config/config.yaml").read_text())


def test_default_config_runs_all_of_table_1(values):
    config = parse_config(values)
    pairs = config.chosen_pairs()
    assert len(pairs) == 15
    assert sum(len(pair.models) for pair in pairs) == 27


def test_quick_scope_is_one_pair_per_backbone(values):
    pairs = parse_config(values | {"scope": "quick"}).chosen_pairs()
    assert {pair.baseline.backbone for pair in pairs} == {"resnet50", "mnasnet1_0", "mobilenet_v2"}
    assert all(pair.connected for pair in pairs)


def test_one_pair_may_be_named_without_a_list(values):
    assert [pair.id for pair in parse_config(values | {"pairs": "se_resnet50"}).chosen_pairs()] == [
        "se_resnet50"
    ]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"epochz": 3}, "unknown key 'epochz'"),
        ({"seedz": [0]}, "unknown key 'seedz'; did you mean 'seeds'?"),
        ({"seeds": []}, "seeds: needs at least one seed"),
        ({"seeds": [1, 1]}, "a seed stands twice"),
        ({"seeds": [-1]}, "seeds.0"),
        ({"pairs": ["se_resnet5"]}, "pairs: unknown pair 'se_resnet5'; did you mean 'se_resnet50'?"),
        ({"pairs": []}, "pairs: names no pair"),
        ({"quick_pairs": ["nothing"]}, "quick_pairs: unknown pair 'nothing'"),
        ({"scope": "half"}, "scope: Input should be 'all' or 'quick'"),
        ({"experiment": "../elsewhere"}, "experiment"),
        ({"experiment": "a b; rm -rf x"}, "experiment"),
        (
            {"options": {"dca_se_resnet": {}}},
            "unknown model 'dca_se_resnet'; did you mean 'dca_se_resnet50'?",
        ),
        ({"options": {"se_resnet50": {"matching": "one_layer"}}}, "has no option 'matching'"),
        ({"options": {"dca_se_resnet50": {"matching": "three"}}}, "must be one of one_layer, two_layer"),
        ({"options": {"dca_se_resnet50": {"reduction": "8; ls"}}}, "must be a int"),
        ({"options": {"dca_se_resnet50": {"reduction": 0}}}, "must be positive"),
        ({"options": {"dca_se_resnet50": {"reduction": True}}}, "must be a int"),
        ({"data": {"name": "digits", "image_size": 33}}, "data.digits.image_size"),
        ({"data": {"name": "digits", "sise": 32}}, "unknown key 'data.digits.sise'"),
        ({"data": {"name": "folder", "path": "no/such/folder"}}, "data.path: no folder 'no/such/folder'"),
        ({"data": {"name": "imagenet"}}, "data"),
        ({"profile": {"batchsize": 3}}, "unknown key 'profile.batchsize'; did you mean 'batch_size'?"),
        ({"profile": {"batch_size": 0}}, "profile.batch_size"),
        ({"recipes": {}}, "recipes: no recipe for backbone 'resnet50'"),
        ({"device": "tpu"}, "device"),
        ({"pairs_sheet": "no/such.tsv"}, "no/such.tsv: cannot be read"),
    ],
)
def test_mistakes_are_one_clear_line(values, change, message):
    with pytest.raises(UserError) as caught:
        parse_config(values | change)
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("text", "message"), [("a: [", "not valid YAML"), ("- 1", "must hold keys and values")]
)
def test_file_that_is_no_mapping(tmp_path, text, message):
    file = tmp_path / "config.yaml"
    file.write_text(text)
    with pytest.raises(UserError, match=message) as caught:
        load_config(file)
    assert "\n" not in str(caught.value)


def test_schema_for_editors_is_in_step():
    """Renew with: dcanet config --schema > workflow/schemas/config.schema.json"""
    assert (ROOT / "workflow/schemas/config.schema.json").read_text() == schema() + "\n"


@pytest.mark.parametrize("path", sorted((ROOT / "config/recipes").glob("*.yaml")), ids=lambda path: path.stem)
def test_recipes_are_valid(path):
    load_recipe(path)
