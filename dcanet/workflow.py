"""What the Snakefile needs to know of a config: paths, hashes and arguments of its jobs."""

import functools
import shutil
import subprocess
from importlib import resources
from typing import Any

from .config import Config
from .config_sections import DigitsData, EvaluationSettings, FolderData, PluginData, TrainingSettings
from .errors import UserError
from .files import hash_of
from .profiling.setting import as_argument
from .sheets import Classifier, Detector, Pair
from .training.recipe import Recipe, check_recipe_fits, find_recipe, recipe_hash
from .weights.networks import plugin_code
from .weights.places import checkpoint_path, log_path
from .weights.source_text import source_arguments, source_name
from .weights.sources import LocalFile, is_published
from .workflow_detection import DetectionPlan, option_arguments
from .workflow_plugins import PluginPlan, recipe_file


class Plan:
    """A config seen by the workflow; UserError for a recipe that cannot be read or does not fit a model."""

    def __init__(self, config: Config) -> None:
        self.config = config
        self.own = PluginPlan(config)
        self._pairs: dict[str, Pair] = {pair.id: pair for pair in config.chosen_pairs()}
        self._models: dict[str, Classifier] = {
            model.id: model for pair in self._pairs.values() for model in pair.models
        }
        self.detection = DetectionPlan(config) if config.chosen_detectors() else None
        self._backbones = {
            model.id: model
            for pair in config.read_pairs()
            for model in pair.models
            if self.detection and model.id in self.detection.backbones
        }
        self._recipes: dict[str, Recipe] = {
            backbone: find_recipe(name, Recipe) for backbone, name in config.recipes.items()
        }
        for model, row in self._networks.items():
            try:
                check_recipe_fits(self._recipes[row.backbone], model)
            except UserError as error:
                raise UserError(f"{config.recipes[row.backbone]}: {error}") from error

    @functools.cached_property
    def config_hash(self) -> str:
        """Of the whole config, as it was understood."""
        return hash_of(self.config.model_dump(mode="json"))

    @property
    def pairs(self) -> list[str]:
        return list(self._pairs)

    @property
    def models(self) -> list[str]:
        """The classifiers that are evaluated."""
        return list(self._models)

    @property
    def detectors(self) -> list[str]:
        return self.detection.detectors if self.detection else []

    @property
    def networks(self) -> list[str]:
        """All classifiers that have weights: backbones of detectors too, which need not be evaluated."""
        return list(self._networks)

    @functools.cached_property
    def _networks(self) -> dict[str, Classifier]:
        return self._models | self._backbones

    @functools.cached_property
    def _rows(self) -> dict[str, Classifier | Detector]:
        return {**self._networks, **(self.detection.rows if self.detection else {})}

    @functools.cached_property
    def timed(self) -> dict[str, list[str]]:
        """Networks that are timed together: a pair's, baseline first; of detectors too."""
        pairs = {name: [model.id for model in pair.models] for name, pair in self._pairs.items()}
        return pairs | (self.detection.timed if self.detection else {})

    @property
    def folder(self) -> str:
        """The data set's folder."""
        return self.config.data.folder

    @property
    def dataset(self) -> str:
        """The file that says that the data set is there."""
        if isinstance(self.config.data, DigitsData | PluginData):
            return f"{self.folder}/dataset.json"
        return f"results/{self.config.experiment}/dataset.json"

    @property
    def splits(self) -> list[str]:
        """What of the data set is needed; weights that were not trained here need no training images."""
        trained = set(self._networks) - set(self.pretrained)
        return ["train", "val"] if trained else ["val"]

    @property
    def checks_images(self) -> bool:
        """Whether every image is decoded first, to leave out the broken ones."""
        return isinstance(self.config.data, FolderData) and self.config.data.on_bad_image == "skip"

    @property
    def tests(self) -> dict[str, str]:
        """Extra test sets: name -> folder of images, or file of ReaL's labels."""
        return self.config.data.tests if isinstance(self.config.data, FolderData) else {}

    @property
    def label_tests(self) -> list[str]:
        """Test sets that are other labels for the val images."""
        return [name for name, path in self.tests.items() if path.endswith(".json")]

    @property
    def image_tests(self) -> list[str]:
        """Test sets with images of their own."""
        return [name for name in self.tests if name not in self.label_tests]

    @staticmethod
    def any_of(names: list[str]) -> str:
        """A wildcard's constraint; without names, one that nothing meets."""
        return "|".join(names) or "(?!)"

    @functools.cached_property
    def pretrained(self) -> list[str]:
        """Classifiers and detectors whose weights are not trained here."""
        return [model for model in self._rows if self.config.source_of(model) != "train"]

    def runs_of(self, model: str) -> list[str]:
        """Names of a model's runs: one for each seed, or `pretrained`."""
        if self.config.source_of(model) != "train":
            return ["pretrained"]
        return [f"seed{seed}" for seed in self.config.seeds]

    def checkpoint_of(self, model: str) -> str:
        """The file that a model's weights are converted from."""
        source = self.config.source_of(model)
        return str(source.file if isinstance(source, LocalFile) else checkpoint_path(model))

    def log_of(self, model: str) -> list[str]:
        """The published training log of a classifier whose published weights are taken."""
        if model in self._networks and is_published(self.config.source_of(model)):
            return [str(log_path(model))]
        return []

    def source_arguments(self, model: str) -> list[str]:
        """`--source` arguments of a model."""
        return source_arguments(self.config.source_of(model))

    @property
    def network(self) -> str:
        """The argument that keeps a job off the network."""
        return "--offline" if self.config.offline else "--no-offline"

    def source_name(self, model: str) -> str:
        """What results call a model's source."""
        return source_name(self.config.source_of(model), self._rows[model].model_drive_id)

    def recipe_of(self, model: str) -> str:
        """Path of the recipe; a pair shares one because its models share a backbone."""
        return self.recipe_file(self._networks[model].backbone)

    def recipe_file(self, backbone: str) -> str:
        """Path of a backbone's recipe."""
        return recipe_file(self.config.experiment, self.config.recipes[backbone])

    def recipe(self, model: str) -> Recipe:
        """The recipe as read."""
        return self._recipes[self._networks[model].backbone]

    def training_hash(self, model: str) -> str:
        """Changes whenever the weights would, for reasons that no path or input file shows."""
        recipe = recipe_hash(self.recipe(model))
        code = [*plugin_code([model]), *self.own.data_code]
        options = self.config.options.get(model, {})
        return hash_of([recipe, options, self.config.data.model_dump(), *([code] if code else [])])

    @property
    def training_hashes(self) -> list[str]:
        """Of all that is trained here."""
        of_detectors = map(self.detection.training_hash, self.detection.trained) if self.detection else ()
        trained = (name for name in self._networks if name not in self.pretrained)
        return [*map(self.training_hash, trained), *of_detectors]

    def preprocessing_of(self, model: str) -> str:
        return self.recipe(model).preprocessing.id

    def options_of(self, models: list[str]) -> list[str]:
        """`--option` arguments of these models' options."""
        return [
            argument
            for model in models
            for argument in option_arguments(model, self.config.options_of(model))
        ]

    @functools.cached_property
    def device(self) -> str:
        """`cpu` or `cuda`; `auto` asks the driver instead of importing torch."""
        if self.config.device != "auto":
            return self.config.device
        return "cuda" if _has_gpu() else "cpu"

    @property
    def gpus(self) -> int:
        """GPUs that a job takes."""
        return 1 if self.device == "cuda" else 0

    @property
    def training_threads(self) -> int:
        """Cores of each node that a training takes: those that compute and those that load images."""
        return self._threads(self.config.training)

    @property
    def evaluation_threads(self) -> int:
        """Cores of each node that an evaluation takes."""
        return self._threads(self.config.evaluation)

    def _threads(self, spread: TrainingSettings | EvaluationSettings) -> int:
        return spread.processes * (self.config.training.threads + self.config.training.workers)

    def resources_of(self, spread: TrainingSettings | EvaluationSettings) -> dict[str, Any]:
        """Resources of a job that is spread over ranks.

        They are no params: where a job runs is no reason to run it again. Over several nodes SLURM's executor
        must leave srun to the job (`mpi`), which gets a task and the GPUs on each node.
        """
        gpus = self.gpus * spread.processes
        resources = {
            "nodes": spread.nodes,
            "ranks": spread.processes,
            "rank_threads": self.config.training.threads,
            "loaders": self.config.training.workers,
        }
        if spread.nodes == 1:
            return resources | {"gpu": gpus}
        of_gpus = {"gres": f"gpu:{gpus}", "tasks_per_gpu": 0} if gpus else {}
        return resources | {"mpi": "srun", "tasks": spread.nodes, **of_gpus}

    def throughput_arguments(self) -> list[str]:
        """Arguments of `dcanet profile throughput`, every field of every setting among them."""
        settings = self.config.profile
        named = {
            "--image-size": settings.image_size,
            "--detector-height": settings.detector_height,
            "--detector-width": settings.detector_width,
            "--block-seconds": settings.block_seconds,
            "--budget-seconds": settings.budget_seconds,
            "--agreement-percent": settings.agreement_percent,
        }
        measured = [text for setting in settings.settings for text in ("--measure", as_argument(setting))]
        return [*(str(part) for item in named.items() for part in item), *measured]

    def statistics_arguments(self) -> list[str]:
        """Settings of `dcanet statistics`."""
        settings = self.config.statistics
        named = {
            "--alpha": settings.alpha,
            "--adjust": settings.adjust,
            "--resamples": settings.resamples,
        }
        return [str(part) for item in named.items() for part in item]

    @functools.cached_property
    def watched(self) -> dict[str, list[Pair]]:
        """Pairs whose focus is looked at, by backbone: those that have a connected network."""
        if not self.config.focus.enabled:
            return {}
        found: dict[str, list[Pair]] = {}
        for pair in self._pairs.values():
            if pair.connected:
                found.setdefault(pair.baseline.backbone, []).append(pair)
        return found

    def focus_arguments(self) -> list[str]:
        """Settings of `dcanet focus`."""
        settings = self.config.focus
        named = ["--number", str(settings.number), "--pictures", str(settings.pictures)]
        return [*named, *(["--images", *settings.images] if settings.images else [])]

    @staticmethod
    def renderer_hash() -> str:
        """Hash of the report's code and templates, so that a change of them renders again."""
        # Found through the package above it: the report itself imports Altair, half a second of a dry run.
        return hash_of(sorted(_texts(resources.files(__package__) / "report")))


def _texts(folder: Any) -> list[str]:
    found = []
    for entry in folder.iterdir():
        if entry.is_dir():
            found += _texts(entry) if entry.name != "__pycache__" else []
        else:
            found.append(entry.read_text(encoding="utf-8"))
    return found


def _has_gpu() -> bool:
    """Whether the NVIDIA driver lists a GPU."""
    if shutil.which("nvidia-smi") is None:
        return False
    try:
        listed = subprocess.run(["nvidia-smi", "-L"], capture_output=True, text=True, timeout=20)
    except (OSError, subprocess.SubprocessError):
        return False
    return listed.returncode == 0 and "GPU" in listed.stdout
