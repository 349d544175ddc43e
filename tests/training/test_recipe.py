"""Recipes: checked, and hashed by what changes the weights only."""

import pytest

from dcanet.errors import UserError
from dcanet.training.recipe import Recipe, load_recipe, recipe_hash

TEXT = """
epochs: 1
batch_size: 4
optimizer: {name: sgd, learning_rate: 0.1}
schedule: {name: one_cycle}
preprocessing: {resize: 32, crop: 32}
"""


@pytest.fixture
def recipe_file(tmp_path):
    file = tmp_path / "recipe.yaml"
    file.write_text(TEXT)
    return file


def test_comments_and_order_do_not_change_the_hash(recipe_file):
    before = recipe_hash(load_recipe(recipe_file, Recipe))
    recipe_file.write_text("# a comment\n" + "\n".join(reversed(TEXT.strip().splitlines())) + "\n")
    assert recipe_hash(load_recipe(recipe_file, Recipe)) == before


@pytest.mark.parametrize(
    ("old", "new"), [("0.1", "0.2"), ("epochs: 1", "epochs: 2"), ("crop: 32", "crop: 30")]
)
def test_every_setting_changes_the_hash(recipe_file, old, new):
    before = recipe_hash(load_recipe(recipe_file, Recipe))
    recipe_file.write_text(TEXT.replace(old, new))
    assert recipe_hash(load_recipe(recipe_file, Recipe)) != before


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("epochs: 1", "epochs: 0", "epochs: Input should be greater than 0"),
        ("epochs: 1", "epoch: 1", "unknown key 'epoch'; a recipe has: epochs, batch_size"),
        ("name: sgd", "name: sgdd", "optimizer"),
        ("learning_rate: 0.1", "learning_rate: -1", "optimizer.sgd.learning_rate"),
        ("batch_size: 4", "batch_size: 1", "batch_size"),
        ("epochs: 1", "epochs: [", "not valid YAML"),
    ],
)
def test_mistakes_name_file_and_key(recipe_file, old, new, message):
    recipe_file.write_text(TEXT.replace(old, new))
    with pytest.raises(UserError) as caught:
        load_recipe(recipe_file, Recipe)
    assert str(caught.value).startswith(f"{recipe_file}: ")
    assert message in str(caught.value)
