"""Data sets, metrics and recipes of plug-ins: what they give, and what is said of mistakes."""

import csv
import json

import numpy as np
import pytest
import yaml
from prediction_sets import correlated, predictions_of, write_evaluation

from dcanet.cli import main
from dcanet.comparison_documents import NotCompared, TableStatistics
from dcanet.config import parse_config
from dcanet.documents import Dataset
from dcanet.errors import UserError
from dcanet.own_pairs import registered_pair
from dcanet.plugins.loading import load_plugin
from dcanet.report import render
from dcanet.statistics.experiment import experiment_statistics
from dcanet.statistics.settings import Settings
from dcanet.weights.networks import plugin_code
from dcanet.workflow import Plan

DATASET = """
import numpy as np
from PIL import Image

from dcanet.plugins import register_dataset


@register_dataset("stripes")
def stripes(folder, size=32, seed=0):
    random = np.random.default_rng(seed)
    for split in ("train", "val"):
        for label in ("across", "down"):
            (folder / split / label).mkdir(parents=True)
            for number in range(3):
                pixels = random.integers(0, 255, (size, size, 3), dtype=np.uint8)
                Image.fromarray(pixels).save(folder / split / label / f"{number}.png")
"""
METRICS = '''
import numpy as np

from dcanet.plugins import register_metric


@register_metric("brier", label="Brier score", direction="lower", decimals=4)
def brier(target, top5, top5_scores):
    """Squared distance of the first guess's probability from 0 or 1."""
    return ((top5[:, 0] == target) - top5_scores[:, 0]) ** 2


@register_metric("worst", label="Worst loss", unit="nats", direction="lower")
def worst(loss):
    return loss.max()


@register_metric("broken")
def broken(target):
    return target[:2]
'''
RECIPE = """
from dcanet.plugins import register_recipe


@register_recipe("short")
def short():
    return {
        "epochs": 1,
        "batch_size": 4,
        "optimizer": {"name": "sgd", "learning_rate": 0.05},
        "schedule": {"name": "one_cycle"},
        "preprocessing": {"resize": 32, "crop": 32},
    }
"""


def test_a_data_set_is_an_ordinary_folder(plugin, tmp_path, capsys):
    path, out = plugin(DATASET), tmp_path / "data"
    assert main(["check", path]) == 0
    assert (
        "✓ image folder: 2 classes, 6 train and 6 val images, the same ones again" in capsys.readouterr().out
    )
    assert main(["--plugin", path, "data", "make", "stripes", "--set", "size=16", "--out", str(out)]) == 0
    assert capsys.readouterr().out == "stripes (size 16): 2 classes, 6 train and 6 val images\n"
    assert Dataset.load(out / "dataset.json").classes == ["across", "down"]
    assert main(["--plugin", path, "data", "make", "stripes", "--out", str(out)]) == 0  # made anew


@pytest.mark.parametrize(
    ("old", "new", "arguments", "message"),
    [
        ("", "", ["--set", "sise=16"], "data: stripes has no setting 'sise'; did you mean 'size'?"),
        ("size=32", "size", [], "data: stripes needs the setting 'size'; add it"),
        ("(size, size, 3)", "(size, 0, 3)", [], "my_blocks.py:16: ValueError: "),
        (
            '("train", "val")',
            '("train",)',
            [],
            "dataset 'stripes': writes train; a data set is train/<class>",
        ),
        ('("across", "down")', "()", [], "dataset 'stripes': "),
        ("", "", ["--set", "size"], "--set 'size': expected KEY=VALUE"),
    ],
)
def test_a_mistake_in_a_data_set_leaves_nothing(plugin, tmp_path, capsys, old, new, arguments, message):
    path = plugin(DATASET.replace(old, new) if old else DATASET)
    out = tmp_path / "out" / "data"
    assert main(["--plugin", path, "data", "make", "stripes", *arguments, "--out", str(out)]) == 1
    said = capsys.readouterr().err
    assert message in said
    assert said.count("\n") == 1
    assert not list((tmp_path / "out").glob("*"))


def test_the_same_bytes_are_asked_for(plugin, capsys):
    assert main(["check", plugin(DATASET.replace("default_rng(seed)", "default_rng()"))]) == 1
    assert "✗ image folder: expected the same bytes again; came others in train/" in capsys.readouterr().out


@pytest.fixture
def measured(plugin, tmp_path):
    """The statistics of a pair whose metrics a plug-in has, with two seeds; and where the results are."""
    load_plugin(plugin(METRICS))
    results = tmp_path / "results"
    rights = correlated(np.random.default_rng(0), 300, (0.4, 0.6))
    for model, right in zip(("se_mobilenet_v2", "dca_se_mobilenet_v2"), rights, strict=True):
        for seed in (0, 1):
            folder = results / f"classification/{model}/seed{seed}/eval"
            predictions = predictions_of(right, seed=seed)
            write_evaluation(folder, predictions, model, seed, top1_percent=100 * float(right.mean()))
    pairs = [registered_pair("se_mobilenet_v2")]
    found = experiment_statistics(results, pairs, [], Settings(resamples=50))
    found.save(results / "statistics.json")
    return found, results, pairs


def test_metrics_are_means_with_paired_differences(measured):
    found, results, _ = measured
    assert TableStatistics.load(results / "statistics.json") == found
    brier, worst = found.metrics["brier"], found.metrics["worst"]
    models = ("se_mobilenet_v2", "dca_se_mobilenet_v2")
    base, other = (brier.models[model] for model in models)
    assert base.seeds == [0, 1]
    assert base.interval[0] < base.value < base.interval[1]
    difference = brier.pairs["se_mobilenet_v2"]
    assert difference.value == pytest.approx(other.value - base.value)
    assert difference.interval[0] < difference.value < difference.interval[1]
    assert (worst.unit, worst.models[models[0]].interval, worst.pairs["se_mobilenet_v2"].interval) == (
        "nats",
        None,
        None,
    )
    broken = found.metrics["broken"].models[models[0]]
    assert isinstance(broken, NotCompared)
    assert broken.reason == (
        "metric 'broken': gives an array of shape (2,) for 300 images; return (300,), one number for each, "
        "or one number"
    )


def test_metrics_are_columns_of_table_1(measured, tmp_path):
    found, results, pairs = measured
    render(results, pairs, [], tmp_path / "report", "x", "made-up images", "none")
    with open(tmp_path / "report/table1.csv", encoding="utf-8", newline="") as file:
        (values,) = csv.DictReader(file)
    brier = found.metrics["brier"]
    assert float(values["ours_baseline_own_brier_value"]) == pytest.approx(
        brier.models["se_mobilenet_v2"].value
    )
    assert float(values["ours_delta_own_brier_value_low"]) == pytest.approx(
        brier.pairs["se_mobilenet_v2"].interval[0]
    )
    html, markdown, latex = (
        (tmp_path / "report" / name).read_text() for name in ("index.html", "tables.md", "table1.tex")
    )
    for text in (html, markdown, latex):
        assert "Brier score" in text
        assert f"{brier.models['se_mobilenet_v2'].value:.4f}" in text
    assert "Squared distance of the first guess&#39;s probability" in html
    assert "gives an array of shape" in html


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (METRICS, "✗ numbers: metric 'broken': gives an array of shape (2,) for 12 images"),
        (METRICS.replace("target[:2]", "target / 0"), "gives a number that is not finite"),
        (METRICS.replace("target[:2]", "np.arange(len(target))"), "do not depend on the order of the images"),
        (METRICS.replace("target[:2]", "target.nothing"), "AttributeError: "),
    ],
)
def test_a_mistake_in_a_metric(plugin, capsys, text, message):
    assert main(["check", plugin(text)]) == 1
    said = capsys.readouterr().out
    assert message in said
    assert "✓ numbers: numbers are finite and the same again, one for each image" in said


CONFIG = {"pairs": ["se_mobilenet_v2"], "data": {"name": "digits"}, "recipes": {"mobilenet_v2": "short"}}


def test_a_recipe_is_used_by_its_name(plugin, tmp_path, capsys):
    path = plugin(RECIPE)
    plan = Plan(parse_config(CONFIG | {"plugins": [path]}))
    assert plan.recipe_of("se_mobilenet_v2") == "results/digits/recipes/short.yaml"
    assert plan.own.command == ["dcanet", "--plugin", path]
    assert main(["--plugin", path, "recipe", "short", "--out", str(tmp_path / "short.yaml")]) == 0
    as_file = Plan(parse_config(CONFIG | {"recipes": {"mobilenet_v2": str(tmp_path / "short.yaml")}}))
    assert as_file.training_hash("se_mobilenet_v2") == plan.training_hash("se_mobilenet_v2")
    assert main(["--plugin", path, "recipe", "short"]) == 0
    assert yaml.safe_load(capsys.readouterr().out)["batch_size"] == 4


def test_detectors_take_recipes_by_name_too(plugin, capsys):
    of_detectors = RECIPE.replace('        "preprocessing": {"resize": 32, "crop": 32},\n', "")
    path = plugin(of_detectors)
    assert main(["check", path]) == 0
    assert "✓ keys: a detectors' recipe" in capsys.readouterr().out
    detection = {
        "detectors": ["retinanet_se_resnet50"],
        "data": {"name": "scenes"},
        "recipes": {"retinanet": "short"},
        "options": {"retinanet": {"short_side": 64}},
    }
    recipes = dict.fromkeys(("mobilenet_v2", "resnet50"), "config/recipes/digits_resnet.yaml")
    plan = Plan(parse_config(CONFIG | {"plugins": [path], "recipes": recipes, "detection": detection}))
    assert plan.detection.recipe_of("retinanet_se_resnet50") == "results/digits/recipes/short.yaml"
    assert list(plan.own.recipes) == ["short"]


def test_a_mistake_in_a_recipe(plugin, capsys):
    path = plugin(RECIPE.replace('"epochs"', '"epoches"'))
    assert main(["check", path]) == 1
    assert "✗ keys: recipe 'short': unknown key 'epoches'; a recipe has: epochs" in capsys.readouterr().out
    with pytest.raises(UserError, match="recipe 'short': unknown key 'epoches'"):
        Plan(parse_config(CONFIG | {"plugins": [path]}))


def test_the_code_of_a_plugin_decides_what_is_trained_anew(plugin, block, tmp_path):
    """Of the networks that come from it, and of all networks where it makes the data."""
    config = CONFIG | {
        "pairs": ["se_mobilenet_v2", "mine_mobilenet_v2"],
        "plugins": [plugin(block), plugin(RECIPE, "r.py")],
    }
    plan = Plan(parse_config(config))
    models = ["se_mobilenet_v2", "dca_mine_mobilenet_v2"]
    assert [len(plugin_code([model])) for model in models] == [0, 1]
    without = Plan(parse_config(CONFIG | {"plugins": [plugin(RECIPE, "r.py")]}))
    assert plan.training_hash(models[0]) == without.training_hash(models[0])
    own_data = Plan(
        parse_config(
            config
            | {
                "data": {"name": "stripes", "size": 64},
                "plugins": [*config["plugins"], plugin(DATASET, "d.py")],
            }
        )
    )
    assert own_data.training_hash(models[0]) != plan.training_hash(models[0])
    assert own_data.dataset.startswith("data/stripes-")
    assert own_data.own.data_arguments == ["--set", "size=64"]
    json.dumps(own_data.config.model_dump(mode="json"))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"plugins": "my_blocks.py"}, "config: plugins: must be a list of files or modules"),
        ({"plugins": ["no.py"]}, "plugins: no file 'no.py'"),
        ({"data": {"name": "imagenet"}}, "data.name: unknown data set 'imagenet'; known are: digits, folder"),
        ({"data": {"image_size": 32}}, "key 'data.plugin.name' is missing; add it"),
    ],
)
def test_mistakes_in_the_config(plugin, change, message):
    with pytest.raises(UserError) as caught:
        parse_config(CONFIG | change)
    assert message in str(caught.value)


def test_settings_of_a_data_set_are_checked(plugin):
    path = plugin(DATASET)
    with pytest.raises(UserError, match="config: data: stripes has no setting 'sise'; did you"):
        parse_config(CONFIG | {"plugins": [path], "data": {"name": "stripes", "sise": 3}})
