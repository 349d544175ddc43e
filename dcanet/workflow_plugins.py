"""What the workflow needs to know of a config's plug-ins, and of what else is the user's own."""

import json
from collections.abc import Iterable

from .config import Config
from .config_sections import PluginData
from .plugins.loading import code_hashes
from .plugins.metrics import METRICS
from .plugins.recipes import RECIPES
from .training.recipe import DetectionRecipe, Recipe, find_recipe, recipe_hash


def recipe_file(experiment: str, name: str) -> str:
    """Path of a recipe; a plug-in's, by its name, is written among the results."""
    return f"results/{experiment}/recipes/{name}.yaml" if name in RECIPES else name


class PluginPlan:
    """The plug-ins of a config, which is checked and whose plug-ins are loaded."""

    def __init__(self, config: Config) -> None:
        self.config = config

    @property
    def command(self) -> list[str]:
        """How the rules begin every command, so that it knows what plug-ins register."""
        return ["dcanet", *(part for name in self.config.plugins for part in ("--plugin", name))]

    @property
    def data(self) -> PluginData | None:
        """The data set, where a plug-in makes it."""
        return self.config.data if isinstance(self.config.data, PluginData) else None

    @property
    def data_arguments(self) -> list[str]:
        """Its settings, as YAML reads them."""
        settings = self.data.settings if self.data else {}
        return [part for key, value in settings.items() for part in ("--set", f"{key}={json.dumps(value)}")]

    @property
    def data_code(self) -> list[str]:
        """Hash of the code that makes it."""
        return code_hashes([("dataset", self.data.name)]) if self.data else []

    @property
    def metrics_code(self) -> list[str]:
        """Hashes of the code of the metrics."""
        return code_hashes(("metric", name) for name in METRICS.names())

    @property
    def recipes(self) -> dict[str, str]:
        """Names of the recipes that are plug-ins', and what changes when they do."""
        detection = self.config.detection
        found = {name: find_recipe(name, Recipe) for name in _own(self.config.recipes.values())}
        of_detectors = _own(detection.recipes.values() if detection else ())
        hashes = {name: recipe_hash(recipe) for name, recipe in found.items()}
        return hashes | {name: recipe_hash(find_recipe(name, DetectionRecipe)) for name in of_detectors}

    @property
    def pairs_arguments(self) -> list[str]:
        """Which pairs there are beside those of the sheet."""
        return ["--also", *self.config.own_pairs] if self.config.own_pairs else []


def _own(recipes: Iterable[str]) -> list[str]:
    return [name for name in recipes if name in RECIPES]
