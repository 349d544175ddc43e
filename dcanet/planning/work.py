"""How many images a job takes through a network."""

import math
from dataclasses import dataclass

from ..training.recipe import LoopRecipe, Recipe
from .images import Images


@dataclass(frozen=True)
class Work:
    """Images that are trained on, and images that are only looked at."""

    trained: int = 0
    seen: int = 0


def training_work(recipe: LoopRecipe, images: Images) -> Work:
    """Steps times batch, an incomplete last batch of an epoch dropped; validations; recalibration."""
    steps_per_epoch = images.train // recipe.batch_size
    steps = max(1, round(recipe.epochs * steps_per_epoch))
    validations = math.ceil(math.ceil(recipe.epochs) / recipe.validate_every) if recipe.validate_every else 0
    recalibrated = recipe.recalibrate_images if isinstance(recipe, Recipe) else 0
    return Work(steps * recipe.batch_size, validations * images.val + recalibrated)
