"""What the workflow needs to know of a config's detectors."""

import functools
from collections.abc import Mapping
from typing import Any

from .config import Config
from .config_sections import CocoData, DetectionSettings, ScenesData
from .detection.forms import split_name
from .files import hash_of
from .models.forms import triple_of
from .sheets import Detector
from .training.recipe import DetectionRecipe, find_recipe, recipe_hash
from .weights.networks import plugin_code
from .workflow_plugins import recipe_file


class DetectionPlan:
    """The detectors of a config that has some; UserError for a recipe that cannot be read."""

    def __init__(self, config: Config) -> None:
        assert config.detection is not None
        self.config = config
        self.settings: DetectionSettings = config.detection
        self.rows: dict[str, Detector] = {row.id: row for row in config.chosen_detectors()}
        self._recipes = {
            kind: find_recipe(name, DetectionRecipe) for kind, name in self.settings.recipes.items()
        }

    @property
    def detectors(self) -> list[str]:
        return list(self.rows)

    @property
    def trained(self) -> list[str]:
        """Those that are trained here."""
        return [name for name in self.rows if self.config.source_of(name) == "train"]

    @property
    def backbones(self) -> list[str]:
        """The classifiers whose weights a detector starts from."""
        return list(dict.fromkeys(self.rows[name].backbone_model for name in self.trained))

    def backbone_weights(self, detector: str, seed: str) -> str:
        """The file that a detector starts from; of the same seed if the classifier is trained here."""
        backbone = self.rows[detector].backbone_model
        run = f"seed{seed}" if self.config.source_of(backbone) == "train" else "pretrained"
        folder = f"results/{self.config.experiment}/classification"
        return f"{folder}/{backbone}/{run}/train/model.safetensors"

    def baseline_of(self, detector: str) -> str | None:
        """The detector that this one is compared with, if it is run too."""
        baseline = self.rows[detector].baseline
        return baseline if baseline in self.rows else None

    @property
    def compared(self) -> list[str]:
        """The detectors that have such a baseline."""
        return [name for name in self.rows if self.baseline_of(name)]

    @functools.cached_property
    def timed(self) -> dict[str, list[str]]:
        """Detectors that are timed together, the baseline first, which names them."""
        partner: dict[str | None, str] = {}
        for name in self.compared:
            if triple_of(self.rows[name].backbone_model)[2]:
                partner.setdefault(self.baseline_of(name), name)
        first = [name for name in self.rows if name not in partner.values()]
        return {name: [name, partner[name]] if name in partner else [name] for name in first}

    @property
    def folder(self) -> str:
        """The data set's folder."""
        return self.settings.data.folder

    @property
    def scenes(self) -> ScenesData | None:
        """The embedded data, where they are what detectors are trained on."""
        return self.settings.data if isinstance(self.settings.data, ScenesData) else None

    @property
    def dataset(self) -> str:
        """The file that says that the data set is there."""
        if self.scenes:
            return f"{self.folder}/dataset.json"
        return f"results/{self.config.experiment}/coco.json"

    @property
    def checks_images(self) -> bool:
        """Whether every image is decoded first, to leave out the broken ones."""
        return isinstance(self.settings.data, CocoData) and self.settings.data.on_bad_image == "skip"

    @property
    def splits(self) -> list[str]:
        """What of the data set is needed."""
        return ["train", "val"] if self.trained else ["val"]

    def recipe_of(self, detector: str) -> str:
        """Path of the recipe that all detectors of a kind share."""
        return recipe_file(self.config.experiment, self.settings.recipes[split_name(detector)[0]])  # type: ignore[index]

    def recipe(self, detector: str) -> DetectionRecipe:
        """The recipe as read."""
        return self._recipes[split_name(detector)[0]]  # type: ignore[index]

    def training_hash(self, detector: str) -> str:
        """Changes whenever the weights would, for reasons that no path or input file shows."""
        recipe = recipe_hash(self.recipe(detector))
        options = self.config.options_of(detector)
        code = plugin_code([detector])
        return hash_of([recipe, options, self.settings.data.model_dump(), *([code] if code else [])])

    def options_of(self, detector: str) -> list[str]:
        """`--option` arguments of a detector's options."""
        return option_arguments(detector, self.config.options_of(detector))


def option_arguments(model: str, options: Mapping[str, Any]) -> list[str]:
    """The command line's form of a model's options."""
    return [
        argument
        for key, value in sorted(options.items())
        for argument in ("--option", f"{model}:{key}={_plain(value)}")
    ]


def _plain(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
