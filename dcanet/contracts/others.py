"""Contracts of data sets, metrics and recipes."""

import tempfile
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..data.check import check
from ..data.findings import verdict
from ..data.own import write_own
from ..errors import UserError
from ..files import sha256
from ..plugins.datasets import OwnDataset
from ..plugins.metrics import OwnMetric
from ..plugins.recipes import RECIPES
from ..training.recipe import DetectionRecipe, Recipe, checked_recipe
from .outcome import Broken, Contract, Skipped


def writes(dataset: OwnDataset) -> str:
    """An image folder with classes of which every image can be read, the same ones again."""
    needed = [key for key, each in dataset.settings.items() if each.default is each.empty]
    if needed:
        raise Skipped(f"it needs settings ({', '.join(needed)}); give them defaults to have it tried")
    with tempfile.TemporaryDirectory() as folder:
        first, second = Path(folder) / "first", Path(folder) / "second"
        described = write_own(first, dataset.name, {})
        if len(described.classes) < 2:
            raise Broken("at least two classes", str(len(described.classes)), "write a folder for each class")
        if problem := verdict(check(first, 1), False):
            raise UserError(f"{dataset.name}: {problem}")
        write_own(second, dataset.name, {})
        if odd := [name for name in _files(first) if _files(first)[name] != _files(second).get(name)]:
            raise Broken(
                "the same bytes again",
                f"others in {odd[0]}",
                "seed every draw by a setting, as seed: int = 0",
            )
    counts = " and ".join(f"{split.images} {name}" for name, split in described.splits.items())
    return f"{len(described.classes)} classes, {counts} images, the same ones again"


def _files(folder: Path) -> dict[str, str]:
    return {
        str(path.relative_to(folder)): sha256(path) for path in sorted(folder.rglob("*")) if path.is_file()
    }


def numbers(metric: OwnMetric) -> str:
    """One number for each image, or one; the same again, and whatever the order of the images."""
    for classes in (10, 3):
        arrays = _predictions(classes)
        found = metric.of(arrays)
        if not np.array_equal(found, metric.of(arrays)):
            raise Broken("the same numbers again", "others", "seed every draw")
        order = np.arange(len(arrays["target"]))[::-1]
        turned = metric.of({name: array[order] for name, array in arrays.items()})
        expected = found[order] if isinstance(found, np.ndarray) else found
        if not np.allclose(turned, expected):
            raise Broken(
                "numbers that do not depend on the order of the images",
                "others",
                "use each image's row alone",
            )
    kind = "one for each image" if isinstance(found, np.ndarray) else "one, so without an interval"
    return f"numbers are finite and the same again, {kind}"


def _predictions(classes: int, images: int = 12) -> dict[str, NDArray[Any]]:
    random = np.random.default_rng(0)
    scores = random.dirichlet(np.ones(classes), images).astype(np.float32)
    best = np.argsort(-scores, axis=1)[:, :5]
    target = random.integers(0, classes, images).astype(np.int32)
    return {
        "target": target,
        "top5": best.astype(np.int32),
        "top5_scores": np.take_along_axis(scores, best, axis=1),
        "loss": -np.log(scores[np.arange(images), target]),
    }


def keys(name: str) -> str:
    """What a recipe file may hold."""
    try:
        checked_recipe(RECIPES[name], Recipe, f"recipe {name!r}")
    except UserError as error:
        try:
            checked_recipe(RECIPES[name], DetectionRecipe, f"recipe {name!r}")
        except UserError:
            raise error from None
        return "a detectors' recipe"
    return "a classifiers' recipe"


DATASET: dict[str, Contract[OwnDataset]] = {"image folder": writes}
METRIC: dict[str, Contract[OwnMetric]] = {"numbers": numbers}
RECIPE: dict[str, Contract[str]] = {"keys": keys}
