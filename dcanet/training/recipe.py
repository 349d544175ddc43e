"""Training recipes: config/recipes/*.yaml, checked; their hash is part of every result."""

from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, ValidationError

from ..config import Section, read_yaml
from ..data.settings import Augmentation, Preprocessing
from ..errors import UserError, first_problem
from ..files import hash_of

#: Raised whenever a change of the code changes what a recipe yields; a cosmetic edit leaves it alone.
TRAINING_REVISION = 1


class SGD(Section):
    """Stochastic gradient descent with momentum."""

    name: Literal["sgd"]
    learning_rate: float = Field(gt=0)
    momentum: float = Field(0.9, ge=0, lt=1)
    nesterov: bool = False
    weight_decay: float = Field(1e-4, ge=0)


class AdamW(Section):
    """Adam with decoupled weight decay (arXiv 1711.05101)."""

    name: Literal["adamw"]
    learning_rate: float = Field(gt=0)
    weight_decay: float = Field(0.01, ge=0)


class OneCycle(Section):
    """Rise to the learning rate, then cosine to zero, per iteration (arXiv 1708.07120)."""

    name: Literal["one_cycle"]
    warmup: float = Field(0.25, gt=0, lt=1, description="share of the iterations that rise")


class Recipe(Section):
    """One training recipe."""

    epochs: float = Field(gt=0, description="passes over the training images; the last may be a part of one")
    batch_size: int = Field(ge=2, description="images per step; an incomplete last batch is dropped")
    optimizer: Annotated[SGD | AdamW, Field(discriminator="name")]
    schedule: OneCycle
    augmentation: Augmentation | None = Field(
        None, description="random crops and flips; without it the evaluation preprocessing is used"
    )
    preprocessing: Preprocessing = Field(description="of the evaluation")
    precision: Literal["float32", "bfloat16", "auto"] = Field(
        "auto", description="auto: bfloat16 autocast where the processor or GPU computes in it, else float32"
    )
    channels_last: bool = True
    workers: int = Field(0, ge=0, description="loader processes; 0 loads in the training process")
    recalibrate_images: int = Field(
        0,
        ge=0,
        description="after training, average the BatchNorm statistics over so many training images "
        "(precise BN, arXiv 2105.07576); 0: keep the running averages",
    )


def load_recipe(path: Path) -> Recipe:
    """Read and check a recipe; UserError names the file, the key and what is allowed."""
    try:
        return Recipe.model_validate(read_yaml(path))
    except ValidationError as error:
        kind, where, message = first_problem(error)
        if kind == "extra_forbidden":
            message = f"unknown key {where!r}; a recipe has: {', '.join(Recipe.model_fields)}"
            raise UserError(f"{path}: {message}") from error
        raise UserError(f"{path}: {where}: {message}") from error


def recipe_hash(recipe: Recipe) -> str:
    """Hash of a recipe and the training revision; a pair's models must have the same."""
    return hash_of([TRAINING_REVISION, recipe.model_dump()])
