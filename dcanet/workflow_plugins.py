"""What the workflow needs to know of a config's plug-ins, and of what else is the user's own."""

import json
from collections.abc import Iterable

from .config import Config
from .config_sections import PluginData
from .plugins.loading import code_hashes
from .plugins.metrics import METRICS
from .plugins.recipes import RECIPES
from .sheets import Classifier
from .training.recipe import Recipe, find_recipe, recipe_hash


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

    @staticmethod
    def models_code(rows: Iterable[Classifier]) -> list[str]:
        """Hashes of the code that these networks are built by, where that is plug-ins'."""
        parts = {part for row in rows for part in (("attention", row.attention), ("backbone", row.backbone))}
        return code_hashes(parts)

    @property
    def recipes(self) -> dict[str, str]:
        """Names of the recipes that are plug-ins', and what changes when they do."""
        named = [name for name in self.config.recipes.values() if name in RECIPES]
        return {name: recipe_hash(find_recipe(name, Recipe)) for name in named}

    def recipe_file(self, backbone: str) -> str:
        """Path of a backbone's recipe; a plug-in's is written among the results."""
        name = self.config.recipes[backbone]
        return f"results/{self.config.experiment}/recipes/{name}.yaml" if name in RECIPES else name

    @property
    def pairs_arguments(self) -> list[str]:
        """Which pairs there are beside those of the sheet."""
        return ["--also", *self.config.own_pairs] if self.config.own_pairs else []
