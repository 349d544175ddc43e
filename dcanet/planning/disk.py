"""Bytes on disk and over the network."""

from ..training.recipe import SGD, LoopRecipe
from ..weights.sources import LocalFile, Source, is_published

FLOAT = 4
#: Of a row of predictions.parquet with ImageNet's names, and of a box in detections.parquet.
PREDICTION, DETECTION = 58, 19
#: Generations of a state.
GENERATIONS = 2


def weights_bytes(parameters: int) -> int:
    return FLOAT * parameters


def state_bytes(parameters: int, recipe: LoopRecipe) -> int:
    """Two generations of weights, what the optimizer keeps of each, averages and best weights."""
    optimizer = recipe.optimizer
    kept = 1 + (bool(optimizer.momentum) if isinstance(optimizer, SGD) else 2)
    kept += bool(recipe.ema) + (recipe.select == "best")
    return GENERATIONS * kept * weights_bytes(parameters)


def download_bytes(parameters: int, source: Source) -> int:
    """Of weights that are fetched; the authors' files hold the optimizer's momentum too."""
    if source == "train" or isinstance(source, LocalFile):
        return 0
    return weights_bytes(parameters) * (2 if is_published(source) else 1)
