"""A recipe's batch on any number of devices."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dcanet.training.batches import Cut, cut
from dcanet.training.recipe import Recipe

RECIPE = Recipe.model_validate(
    {
        "epochs": 1,
        "batch_size": 256,
        "micro_batch_size": 32,
        "optimizer": {"name": "sgd", "learning_rate": 0.1},
        "schedule": {"name": "cosine"},
        "preprocessing": {"resize": 32, "crop": 32},
    }
)


@pytest.mark.parametrize(
    ("world", "expected"),
    [(1, Cut(32, 8, 1)), (2, Cut(32, 4, 2)), (8, Cut(32, 1, 8)), (16, Cut(16, 1, 16)), (3, Cut(32, 3, 3))],
)
def test_cut(world, expected):
    assert cut(RECIPE, world) == expected


@given(st.integers(1, 64))
def test_the_learning_rate_follows_the_true_batch(world):
    found = cut(RECIPE, world)
    assert found.batch == found.micro_batch * found.accumulate * world
    assert found.rate_factor(RECIPE) * 256 == pytest.approx(found.batch)
    if 256 % world == 0:
        assert found.batch == 256
    assert abs(found.batch - 256) <= max(world, 32 * world) / 2


def test_without_micro_batches_devices_share_the_batch():
    recipe = RECIPE.model_copy(update={"micro_batch_size": None})
    assert cut(recipe, 1) == Cut(256, 1, 1)
    assert cut(recipe, 4) == Cut(64, 1, 4)
