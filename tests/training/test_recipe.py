"""Recipes: checked, and hashed by what changes the weights only."""

import pytest

from dcanet.errors import UserError
from dcanet.training.recipe import load_recipe, recipe_hash

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


def digest(file, model="se_resnet50", options=None, seed=0, data="d"):
    return recipe_hash(load_recipe(file), model, options or {}, seed, data)


def test_comments_and_order_do_not_change_the_hash(recipe_file):
    before = digest(recipe_file)
    recipe_file.write_text("# a comment\n" + "\n".join(reversed(TEXT.strip().splitlines())) + "\n")
    assert digest(recipe_file) == before


def test_everything_that_changes_the_weights_changes_the_hash(recipe_file):
    digests = [
        digest(recipe_file),
        digest(recipe_file, model="dca_se_resnet50"),
        digest(recipe_file, options={"reduction": 8}),
        digest(recipe_file, seed=1),
        digest(recipe_file, data="e"),
    ]
    recipe_file.write_text(TEXT.replace("0.1", "0.2"))
    digests.append(digest(recipe_file))
    assert len(set(digests)) == len(digests)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("epochs: 1", "epochs: 0", "epochs: Input should be greater than or equal to 1"),
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
        load_recipe(recipe_file)
    assert str(caught.value).startswith(f"{recipe_file}: ")
    assert message in str(caught.value)
