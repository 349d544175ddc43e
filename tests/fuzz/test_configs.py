"""The config and recipes: whatever stands in them is accepted or named in one line."""

import re
from pathlib import Path

import hostile
import pytest
import trees
import yaml
from damage import damaged
from fuzzing import fuzz
from hypothesis import given
from hypothesis import strategies as st

from dcanet.config import Config, parse_config, read_yaml
from dcanet.files import hash_of
from dcanet.training.recipe import DetectionRecipe, Recipe, check_recipe_fits, load_recipe, recipe_hash
from dcanet.workflow import Plan

ROOT = Path(__file__).parents[2]
CONFIGS = [path.read_bytes() for path in sorted((ROOT / "config").glob("*.yaml"))]
RECIPES = [path.read_bytes() for path in sorted((ROOT / "config/recipes").glob("*.yaml"))]
YAML = [
    *(
        b"&a [*a, *a]",
        b"*a",
        b"<<: *a",
        b"!!python/object/apply:os.system ['touch ran']",
        b"!!python/name:os.system",
    ),
    *(
        b"!!int ''",
        b"!!float x",
        b"!!bool x",
        b"!!timestamp x",
        b"!!binary '%'",
        b"!!set {a, b}",
        b"!!omap [a]",
    ),
    *(
        b"2001-99-99",
        b"12:99:99",
        b"0x",
        b".nan",
        b"-.inf",
        b"1_000",
        b"9" * 5000,
        b"0b2",
        b"? [a]\n: b",
        b"[" * 3000,
    ),
    *(
        b"{" * 3000,
        b"\x00",
        b"\xff",
        b"\xef\xbb\xbf",
        b"--- ",
        b"...",
        b"%YAML 9.9",
        b"%TAG ! x",
        b"\t",
        b"- " * 2000,
    ),
    *(
        b"\xed\xa0\x80",
        b"'\\ud800'",
        b'"\\ud800"',
        b'"\\U99999999"',
        b"=: 1",
        b"\nexperiment: a\n",
        b": |\n  x",
    ),
]
#: Pieces of them: PyYAML reads a thousand lines a second.
PIECES = [
    b"\n".join(text.splitlines()[start : start + 12])
    for text in (*CONFIGS, *RECIPES)
    for start in (0, 12, 24)
]
#: Each level is ten times the one before it.
BOMB = "\n".join(["a0: &a0 [x]", *(f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 10)}]" for i in range(1, 12))])


@pytest.fixture(autouse=True)
def shipped_files(cases):
    """What configs name lies in the folder that a case works in."""
    (cases.folder / "config").symlink_to(ROOT / "config")


def understood(values: dict, source: str) -> None:
    """All that the workflow asks of a config before the first job."""
    config = parse_config(values, source)
    hash_of(config.model_dump(mode="json"))
    for model in config.chosen_pairs():
        for each in model.models:
            config.options_of(each.id)
            config.source_of(each.id)
    config.chosen_detectors()


@fuzz(800)
@given(values=trees.edited(st.sampled_from([yaml.safe_load(text) for text in CONFIGS])))
def test_edited_configs(cases, values):
    cases.run(understood, values, "config")


@fuzz(800)
@given(values=trees.edited(trees.instances(Config.model_json_schema())))
def test_configs_by_the_schema(cases, values):
    cases.run(understood, values, "config")


@fuzz(800)
@given(
    path=hostile.texts("config"),
    tests=st.dictionaries(hostile.texts("real"), hostile.texts("config", "x.json"), max_size=2),
    key=st.sampled_from(["pairs_sheet", "detectors_sheet", "container", "weights"]),
    value=hostile.texts("config/pairs.tsv"),
)
def test_paths_in_configs(cases, path, tests, key, value):
    values = yaml.safe_load(CONFIGS[0]) | {
        "detection": None,
        key: {"resnet50": {"file": value}} if key == "weights" else value,
    }
    cases.run(understood, values | {"data": {"name": "folder", "path": path, "tests": tests}}, "config")


@fuzz(150)
@given(values=trees.edited(st.sampled_from([yaml.safe_load(text) for text in CONFIGS])))
def test_plans_of_configs(cases, values):
    """Recipes too are read then, and arguments made."""

    def planned() -> None:
        plan = Plan(parse_config(values))
        for model in plan.networks:
            plan.training_hash(model)
            plan.source_arguments(model)
        plan.options_of(plan.models)
        plan.throughput_arguments()
        for name in (*plan.networks, *plan.detectors, *plan.timed, *plan.watched, *plan.tests):
            assert re.fullmatch("[a-z0-9_]+", name)
            assert re.fullmatch(plan.any_of([name]), name)
        assert re.fullmatch("[A-Za-z0-9_-]+", plan.config.experiment)

    cases.run(planned)


@fuzz(1000)
@given(content=damaged(*PIECES, BOMB.encode(), words=YAML))
def test_texts_that_should_be_yaml(cases, content):
    cases.run(read_yaml, cases.file("some.yaml", content))


@fuzz(300)
@given(
    bomb=damaged(BOMB.encode(), words=YAML),
    key=st.sampled_from(["options", "recipes", "pairs", "data", "seeds"]),
)
def test_configs_that_would_grow(cases, bomb, key):
    """Small files whose aliases stand for very much."""
    path = cases.file("some.yaml", bomb + f"\n{key}: {{resnet50: {{reduction: *a11}}}}\n".encode())

    def read() -> None:
        understood(read_yaml(path), str(path))

    cases.run(read)


@fuzz(800)
@given(
    values=trees.edited(
        st.one_of(
            trees.instances(Recipe.model_json_schema()),
            trees.instances(DetectionRecipe.model_json_schema()),
            st.sampled_from([yaml.safe_load(text) for text in RECIPES]),
        )
    ),
    kind=st.sampled_from([Recipe, DetectionRecipe]),
)
def test_recipes(cases, values, kind):
    path = cases.file(
        "recipe.yaml", yaml.safe_dump(values, allow_unicode=True).encode("utf-8", "surrogatepass")
    )

    def read() -> None:
        recipe = load_recipe(path, kind)
        recipe_hash(recipe)
        if kind is Recipe:
            check_recipe_fits(recipe, "resnet50")

    cases.run(read)
