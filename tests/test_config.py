"""The config: what is accepted, and one clear line for everything else."""

import json
from pathlib import Path

import pytest
import yaml

from dcanet.commands.config import schema
from dcanet.config import load_config, parse_config
from dcanet.errors import UserError
from dcanet.training.recipe import DetectionRecipe, Recipe, load_recipe
from dcanet.workflow import Plan

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


@pytest.mark.parametrize("source", ["train", {"url": "drive:0123456789"}, {"file": "config/pairs.tsv"}])
def test_a_config_survives_being_written_down(values, source):
    """As the rule that estimates what it costs is given it."""
    config = parse_config(values | {"weights": {"resnet50": source}, "offline": True})
    again = parse_config(json.loads(config.model_dump_json(exclude={"offline"})))
    assert again == config.model_copy(update={"offline": False})


def test_recipes_and_sheets_are_where_they_are_said_to_be(values):
    """Whether the config names them or not."""
    elsewhere = parse_config(values, find=lambda path: str(ROOT / path))
    assert elsewhere.detection
    recipes = [*elsewhere.recipes.values(), *elsewhere.detection.recipes.values()]
    for path in (*recipes, elsewhere.pairs_sheet, elsewhere.detectors_sheet):
        assert Path(path).is_relative_to(ROOT / "config")


def test_quick_scope_is_one_pair_per_backbone(values):
    pairs = parse_config(values | {"scope": "quick"}).chosen_pairs()
    assert {pair.baseline.backbone for pair in pairs} == {"resnet50", "mnasnet1_0", "mobilenet_v2"}
    assert all(pair.connected for pair in pairs)


def test_one_pair_may_be_named_without_a_list(values):
    assert [pair.id for pair in parse_config(values | {"pairs": "se_resnet50"}).chosen_pairs()] == [
        "se_resnet50"
    ]


def test_extra_test_sets_must_be_there(values, tmp_path):
    def data(**tests):
        return {"data": {"name": "folder", "path": str(tmp_path), "tests": tests}}

    labels = tmp_path / "real.json"
    with pytest.raises(UserError, match=r"data\.tests\.real: no file or folder '.*real\.json'"):
        parse_config(values | data(real=str(labels)))
    labels.write_text("[]")
    assert parse_config(values | data(real=str(labels), sketch=str(tmp_path))).data.tests.keys() == {
        "real",
        "sketch",
    }
    with pytest.raises(UserError, match="use lower-case letters"):
        parse_config(values | data(**{"my set": str(tmp_path)}))


def test_detectors_follow_the_pairs_unless_they_are_named(values):
    def chosen(**changes):
        return [row.id for row in parse_config(values | changes).chosen_detectors()]

    assert len(chosen()) == 6
    assert chosen(scope="quick") == chosen(detection=None) == chosen(pairs="ge_resnet50") == []
    assert chosen(pairs="se_resnet50") == ["retinanet_se_resnet50", "retinanet_dca_se_resnet50"]
    named = values["detection"] | {"detectors": "cascade_rcnn_gc_resnet50"}
    assert chosen(pairs="se_resnet50", detection=named) == ["cascade_rcnn_gc_resnet50"]


def test_a_detector_starts_from_a_classifier_of_its_options(values):
    with pytest.raises(
        UserError, match=r"retinanet_dca_se_resnet50 has matching .one_layer.*give both the same"
    ):
        parse_config(values | {"options": {}})
    one_layer = {"dca_se_resnet50": {"matching": "one_layer"}}
    assert parse_config(values | {"options": one_layer})
    published = {"default": "train", "dca_se_resnet50": "published"}
    folder = {"data": {"name": "folder", "path": "."}}
    assert parse_config(values | {"options": {}, "weights": published} | folder)


def test_options_of_a_kind_of_detector_and_of_one(values):
    config = parse_config(values)
    of_kind = values["detection"]["options"]["retinanet"]
    assert config.options_of("retinanet_se_resnet50") == of_kind
    assert config.options_of("retinanet_dca_se_resnet50") == of_kind | {"matching": "two_layer"}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            {"detectors": ["retina_resnet50"]},
            "detection.detectors: unknown detector 'retina_resnet50'; did",
        ),
        ({"detectors": []}, "detection.detectors: names none"),
        ({"data": {"name": "folder", "path": "nowhere"}}, "detection.data.path: no folder 'nowhere'"),
        ({"recipes": {}}, "detection.recipes: no recipe for 'retinanet'"),
        ({"options": {"retinanet": {"chanels": 8}}}, "has no option 'chanels'; did you mean 'channels'?"),
        (
            {"options": {"retinanet": {"short_side": -1}}},
            "short_side of .* must be a positive integer",
        ),
        ({"dat": {}}, "unknown key 'detection.dat'"),
    ],
)
def test_mistakes_about_detectors_name_the_key(values, change, message):
    with pytest.raises(UserError, match=message) as caught:
        parse_config(values | {"detection": values["detection"] | change})
    assert "\n" not in str(caught.value)


def test_quick_scope_needs_quick_pairs(values):
    with pytest.raises(UserError, match="quick_pairs: names no pair"):
        parse_config(values | {"scope": "quick", "quick_pairs": []})


def test_weights_of_single_models_and_of_all_others(values, tmp_path):
    for split in ("train", "val"):
        (tmp_path / split).mkdir()
    folder = {"data": {"name": "folder", "path": str(tmp_path)}, "detection": None}
    config = parse_config(values | folder | {"weights": {"default": "published", "resnet50": "train"}})
    assert (config.source_of("resnet50"), config.source_of("se_resnet50")) == ("train", "published")
    assert parse_config(values | folder | {"weights": "published"}).source_of("resnet50") == "published"
    assert parse_config(values | {"weights": {}}).source_of("resnet50") == "train"


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
        ({"profile": {"imagesize": 3}}, "unknown key 'profile.imagesize'; did you mean 'image_size'?"),
        ({"profile": {"budget_seconds": 0}}, "profile.budget_seconds: Input should be greater than 0"),
        ({"profile": {"measurements": []}}, "profile.measurements: List should have at least 1 item"),
        (
            {"profile": {"measurements": [{"batch_size": [8, 0]}]}},
            "profile.measurements.0.batch_size.1: Input should be greater than or equal to 1",
        ),
        (
            {"profile": {"measurements": [{"batchsize": 3}]}},
            "unknown key 'profile.measurements.0.batchsize'; did you mean 'batch_size'?",
        ),
        (
            {"profile": {"measurements": [{}, {"batch_size": [1, 8]}]}},
            "measurements: inference, batch 8, float32, channels_last stands twice; take one away",
        ),
        ({"recipes": {}}, "recipes: no recipe for backbone 'resnet50'"),
        ({"device": "tpu"}, "device"),
        (
            {"weights": {"se_resnet5": "train"}},
            "weights: unknown model 'se_resnet5'; did you mean 'se_resnet50'?",
        ),
        ({"weights": {"se_resnet50": "publish"}}, "weights.se_resnet50: must be train, published"),
        ({"weights": {"se_resnet50": {"url": "ftp://x/y"}}}, "neither http(s)"),
        ({"weights": {"se_resnet50": {"url": "https://x/y", "sha": "1"}}}, "did you mean 'sha256'?"),
        ({"weights": {"se_resnet50": {"file": "no.pth"}}}, "weights.se_resnet50.file: no file 'no.pth'"),
        ({"weights": {"default": {"file": "x.pth"}}}, "weights.default: one file does not fit every model"),
        ({"weights": "published"}, "published for ImageNet's 1,000 classes, the digits have 10"),
        ({"offline": "maybe"}, "offline"),
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


@pytest.mark.parametrize(("name", "seeds"), [("fashion_mnist", [0]), ("cifar10", [0, 1, 2])])
def test_ready_configs_of_other_data(name, seeds, tmp_path, monkeypatch):
    """Their data need not be on this machine."""
    monkeypatch.chdir(ROOT)
    values = yaml.safe_load(Path(f"config/{name}.yaml").read_text())
    values["data"]["path"] = str(tmp_path)
    config = parse_config(values)
    assert config.experiment == name
    assert Plan(config).models == ["se_resnet50", "dca_se_resnet50"]
    assert (config.seeds, config.detection) == (seeds, None)


@pytest.mark.parametrize("path", sorted((ROOT / "config/recipes").glob("*.yaml")), ids=lambda path: path.stem)
def test_recipes_are_valid(path):
    load_recipe(path, DetectionRecipe if path.stem.startswith(("scenes", "coco")) else Recipe)
