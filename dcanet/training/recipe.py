"""Training recipes: config/recipes/*.yaml, checked; their hash is part of every result."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, Self, TypeVar

from pydantic import Field, ValidationError, model_validator

from ..config import read_yaml
from ..config_sections import Section
from ..data.settings import Augmentation, Preprocessing
from ..errors import UserError, first_problem
from ..files import hash_of
from ..models.forms import check_image_size
from ..plugins.recipes import RECIPES

#: Raised whenever a change of the code changes what a recipe yields; a cosmetic edit leaves it alone.
TRAINING_REVISION = 4

#: Kinds of parameters that weight decay can spare.
Spared = Literal["grouped_convolutions", "norms", "biases"]


class SGD(Section):
    """Stochastic gradient descent with momentum."""

    name: Literal["sgd"]
    learning_rate: float = Field(gt=0, description="at the recipe's batch size")
    momentum: float = Field(0.9, ge=0, lt=1)
    nesterov: bool = False
    weight_decay: float = Field(1e-4, ge=0)


class AdamW(Section):
    """Adam with decoupled weight decay (arXiv 1711.05101)."""

    name: Literal["adamw"]
    learning_rate: float = Field(gt=0, description="at the recipe's batch size")
    betas: tuple[float, float] = (0.9, 0.999)
    weight_decay: float = Field(0.01, ge=0)


class OneCycle(Section):
    """Rise to the learning rate, then cosine to zero, per iteration (arXiv 1708.07120)."""

    name: Literal["one_cycle"]
    warmup: float = Field(0.25, gt=0, lt=1, description="share of the iterations that rise")


class Steps(Section):
    """The learning rate, multiplied by `factor` from each of the epochs in `milestones` on."""

    name: Literal["steps"]
    milestones: list[int] = Field(min_length=1, description="epochs, the first is 0")
    factor: float = Field(0.1, gt=0, lt=1)
    warmup_iterations: int = Field(0, ge=0, description="linear rise before that; 0: none")
    warmup_from: float = Field(1 / 3, gt=0, le=1, description="share of the rate that the rise starts from")


class Cosine(Section):
    """Linear rise over some epochs, then half a cosine to zero, per iteration."""

    name: Literal["cosine"]
    warmup_epochs: float = Field(5, ge=0)


class LoopRecipe(Section):
    """What the training loop does, whatever it trains."""

    epochs: float = Field(gt=0, description="passes over the training images; the last may be a part of one")
    batch_size: int = Field(
        ge=2, description="images per step over all devices; an incomplete last is dropped"
    )
    micro_batch_size: int | None = Field(
        None,
        ge=1,
        description="images that a device sees at once, over which BatchNorm takes its statistics; fewer "
        "devices take several before each step. None: the batch divided by the devices",
    )
    optimizer: Annotated[SGD | AdamW, Field(discriminator="name")]
    schedule: Annotated[OneCycle | Steps | Cosine, Field(discriminator="name")]
    no_weight_decay: list[Spared] = Field([], description="parameters that weight decay spares")
    clip_norm: float | None = Field(None, gt=0, description="longest gradient, as its L2 norm")
    ema: float | None = Field(
        None, gt=0, lt=1, description="decay of an exponential moving average of the weights, which is kept"
    )
    precision: Literal["float32", "bfloat16", "float16", "auto"] = Field(
        "auto",
        description="of autocast, float16 with loss scaling; auto: bfloat16 where the processor or GPU "
        "computes in it, else float32",
    )
    channels_last: bool = True
    compile: bool = Field(False, description="torch.compile; needs a C++ compiler")
    deterministic: bool = Field(
        False, description="only deterministic operations; those that have none are listed in the provenance"
    )
    validate_every: int = Field(0, ge=0, description="epochs between validations during training; 0: none")
    select: Literal["last", "best"] = Field(
        "last", description="the epoch whose weights are kept; best: on val, as the authors report"
    )

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if self.micro_batch_size and self.batch_size % self.micro_batch_size:
            raise ValueError(
                f"micro_batch_size: {self.batch_size} is not a multiple of {self.micro_batch_size}"
            )
        if self.select == "best" and not self.validate_every:
            raise ValueError("select: best needs validate_every, e.g. 1")
        return self


class Recipe(LoopRecipe):
    """How a classifier is trained."""

    micro_batch_size: int | None = Field(
        None, ge=2, description=LoopRecipe.model_fields["micro_batch_size"].description
    )
    residual_gain: float | None = Field(
        None,
        ge=0,
        description="scale of the last norm of every residual branch at the start; None: as the authors' 1",
    )
    linear_std: float | None = Field(
        None,
        gt=0,
        description="standard deviation that linear layers start with; None: as the authors', 1 in Mnas",
    )
    label_smoothing: float = Field(0, ge=0, lt=1)
    augmentation: Augmentation | None = Field(
        None, description="random crops and flips; without it the evaluation preprocessing is used"
    )
    preprocessing: Preprocessing = Field(description="of the evaluation")
    recalibrate_images: int = Field(
        0,
        ge=0,
        description="after training, average the BatchNorm statistics over so many training images "
        "(precise BN, arXiv 2105.07576); 0: keep the running averages",
    )


class DetectionRecipe(LoopRecipe):
    """How a detector is trained; image sizes and sampling are options of the detector."""


AnyRecipe = TypeVar("AnyRecipe", Recipe, DetectionRecipe)


def load_recipe(path: Path, kind: type[AnyRecipe]) -> AnyRecipe:
    """Read and check a recipe; UserError names the file, the key and what is allowed."""
    return checked_recipe(read_yaml(path), kind, str(path))


def find_recipe(name: str, kind: type[AnyRecipe]) -> AnyRecipe:
    """A plug-in's recipe by its name, else the one of a file; UserError as in `load_recipe`."""
    if name in RECIPES:
        return checked_recipe(RECIPES[name], kind, f"recipe {name!r}")
    return load_recipe(Path(name), kind)


def checked_recipe(values: Mapping[str, Any], kind: type[AnyRecipe], source: str) -> AnyRecipe:
    """A recipe from its keys and values; UserError names the source, the key and what is allowed."""
    try:
        return kind.model_validate(values)
    except ValidationError as error:
        problem, where, message = first_problem(error)
        if problem == "extra_forbidden":
            message = f"unknown key {where!r}; a recipe has: {', '.join(kind.model_fields)}"
            raise UserError(f"{source}: {message}") from error
        raise UserError(f"{source}: {where}: {message}" if where else f"{source}: {message}") from error


def check_recipe_fits(recipe: Recipe, model: str) -> None:
    """UserError naming the key of an image size that the model cannot take."""
    sizes = {"preprocessing.crop": recipe.preprocessing.crop}
    if recipe.augmentation:
        sizes["augmentation.size"] = recipe.augmentation.size
    for key, size in sizes.items():
        try:
            check_image_size(model, size)
        except ValueError as error:
            raise UserError(f"{key}: {error}") from error


def recipe_key(recipe: LoopRecipe) -> dict[str, Any]:
    """All of a recipe that decides what it yields, with the training revision."""
    return {"revision": TRAINING_REVISION, "recipe": recipe.model_dump()}


def recipe_hash(recipe: LoopRecipe) -> str:
    """Hash of a recipe and the training revision; a pair's models must have the same."""
    return hash_of(recipe_key(recipe))
