"""How many images a job takes."""

from pathlib import Path

import pytest

from dcanet.planning.images import COCO, IMAGENET, Images
from dcanet.planning.work import Work, training_work
from dcanet.training.recipe import DetectionRecipe, Recipe, load_recipe

RECIPES = Path(__file__).parents[2] / "config" / "recipes"
DIGITS = Images(4_000, 1_000, True, "")


@pytest.mark.parametrize(
    ("recipe", "images", "expected"),
    [
        # floor(1,281,167 / 256) = 5,004 steps, 100 times; validated after each of the 100 epochs.
        ("imagenet_resnet", IMAGENET, Work(100 * 5_004 * 256, 100 * 50_000)),
        # floor(1,281,167 / 512) = 2,502 steps, 150 times.
        ("imagenet_mobile", IMAGENET, Work(150 * 2_502 * 512, 150 * 50_000)),
    ],
)
def test_classifiers(recipe: str, images: Images, expected: Work) -> None:
    assert training_work(load_recipe(RECIPES / f"{recipe}.yaml", Recipe), images) == expected


def test_a_part_of_an_epoch() -> None:
    """floor(4,000 / 48) = 83 steps, 0.3 of them are 25; no validation; 144 images to recalibrate."""
    recipe = load_recipe(RECIPES / "digits_resnet.yaml", Recipe)
    changes = {"epochs": 0.3, "batch_size": 48, "recalibrate_images": 144, "validate_every": 0}
    assert training_work(recipe.model_copy(update=changes), DIGITS) == Work(25 * 48, 144)


def test_detectors() -> None:
    """117,266 images with boxes: 7,329 steps of 16, 24 times."""
    recipe = load_recipe(RECIPES / "coco_retinanet.yaml", DetectionRecipe)
    assert training_work(recipe, COCO) == Work(24 * 7_329 * 16, 0)


@pytest.mark.parametrize(
    ("epochs", "every", "times"), [(3, 1, 3), (3, 2, 2), (4, 2, 2), (0.3, 1, 1), (2.5, 1, 3)]
)
def test_validations(epochs: float, every: int, times: int) -> None:
    """Every so many epochs, and after the last step."""
    recipe = load_recipe(RECIPES / "imagenet_resnet.yaml", Recipe)
    changed = recipe.model_copy(update={"epochs": epochs, "validate_every": every})
    assert training_work(changed, IMAGENET).seen == times * 50_000


def test_test_sets() -> None:
    assert IMAGENET.of_test("sketch") == 50_889
    assert IMAGENET.of_test("my_own") == 50_000
