"""How a recipe's batch is cut for the devices there are."""

from dataclasses import dataclass

from .recipe import LoopRecipe


@dataclass(frozen=True)
class Cut:
    """`accumulate` micro-batches of `micro_batch` images on each of `world` devices make a step."""

    micro_batch: int
    accumulate: int
    world: int

    @property
    def batch(self) -> int:
        """Images per step over all devices."""
        return self.micro_batch * self.accumulate * self.world

    def rate_factor(self, recipe: LoopRecipe) -> float:
        """The learning rate follows the true batch (linear scaling, arXiv 1706.02677)."""
        return self.batch / recipe.batch_size


def cut(recipe: LoopRecipe, world: int) -> Cut:
    """The cut whose step is nearest to the recipe's batch; equal to it wherever the devices divide it."""
    if recipe.micro_batch_size is None:
        return Cut(max(1, round(recipe.batch_size / world)), 1, world)
    chunks = recipe.batch_size // recipe.micro_batch_size
    if world > chunks:
        return Cut(max(1, round(recipe.batch_size / world)), 1, world)
    return Cut(recipe.micro_batch_size, round(chunks / world), world)
