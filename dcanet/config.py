"""The config file: what to run. Errors name the key and the fix."""

import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import Field, ValidationError, field_validator, model_validator

from .config_problems import explained
from .config_sections import (
    FIND,
    AnyData,
    CocoData,
    DetectionSettings,
    EvaluationSettings,
    FocusSettings,
    FolderData,
    PluginData,
    ProfileSettings,
    ScenesData,
    Section,
    ShippedFile,
    StatisticsSettings,
    TrainingSettings,
)
from .detection import forms as detectors
from .errors import UserError, nearest
from .models.forms import is_model, resolve_options, triple_of
from .own_pairs import is_named, with_registered
from .plugins.datasets import check_settings
from .plugins.loading import load_plugins
from .sheets import Detector, Pair, read_detectors, read_pairs
from .weights import networks
from .weights.sources import LocalFile, Source, Torchvision, Url, is_published
from .yaml_text import parse_yaml, refuse_boundless

Seed = Annotated[int, Field(ge=0, lt=2**31)]


class Config(Section):
    """The whole config; `dcanet config --schema` prints its JSON Schema."""

    experiment: str = Field(
        "digits", pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]*$", description="folder in results/"
    )
    scope: Literal["all", "quick"] = Field("all", description="all pairs, or the quick_pairs")
    pairs: list[str] = Field(
        ["all"],
        description="pairs to run: ids of baselines, or of connected models, with a row in the sheet or not; "
        'or "all" that have a row',
    )
    quick_pairs: list[str] = Field([], description="pairs of scope=quick: one per backbone")
    plugins: list[str] = Field(
        [], description="files or installed modules that register something of your own (docs/extending.md)"
    )
    seeds: list[Seed] = Field([0], min_length=1, description="each pair is trained once per seed")
    data: AnyData
    recipes: dict[str, ShippedFile] = Field(
        description="training recipe of each backbone, which a pair shares: a file, or a plug-in's by name"
    )
    options: dict[str, dict[str, Any]] = Field(
        {}, description="options of single models, e.g. dca_se_resnet50: {matching: one_layer}"
    )
    weights: dict[str, Source] = Field(
        {}, description="where a model's weights come from; `default` is for all that are not named"
    )
    offline: bool = Field(
        False, description="never touch the network; weights are here or in weights/incoming"
    )
    device: Literal["auto", "cpu", "cuda"] = "auto"
    container: str | None = Field(
        None, description="image that jobs run in with `snakemake --sdm apptainer` (docs/cluster.md)"
    )
    detection: DetectionSettings | None = Field(None, description="Table 2; without it only Table 1 is run")
    training: TrainingSettings = TrainingSettings()
    evaluation: EvaluationSettings = EvaluationSettings()
    profile: ProfileSettings = ProfileSettings()
    statistics: StatisticsSettings = StatisticsSettings()
    focus: FocusSettings = FocusSettings()
    pairs_sheet: ShippedFile = Field("config/pairs.tsv", validate_default=True)
    detectors_sheet: ShippedFile = Field("config/detectors.tsv", validate_default=True)

    @field_validator("pairs", "quick_pairs", mode="before")
    @classmethod
    def _one_is_a_list(cls, value: Any) -> Any:
        return [value] if isinstance(value, str) else value

    @field_validator("weights", mode="before")
    @classmethod
    def _one_is_for_all(cls, value: Any) -> Any:
        return {"default": value} if isinstance(value, str) else value

    @model_validator(mode="after")
    def _no_seed_twice(self) -> Self:
        if len(set(self.seeds)) != len(self.seeds):
            raise ValueError("seeds: a seed stands twice")
        return self

    def read_pairs(self) -> list[Pair]:
        """All pairs of the sheet, and those that are named without having a row in it."""
        return with_registered(read_pairs(Path(self.pairs_sheet)), self._named_pairs)

    @property
    def own_pairs(self) -> list[str]:
        """Names of pairs that have no row in the sheet."""
        rows = read_pairs(Path(self.pairs_sheet))
        return [name for name in self._named_pairs if not any(is_named(pair, name) for pair in rows)]

    @property
    def _named_pairs(self) -> list[str]:
        wanted = self.quick_pairs if self.scope == "quick" else self.pairs
        return [] if wanted == ["all"] else wanted

    def read_detectors(self) -> list[Detector]:
        """All detectors of the sheet."""
        return read_detectors(Path(self.detectors_sheet))

    def source_of(self, model: str) -> Source:
        """Where a model's weights come from."""
        return self.weights.get(model) or self.weights.get("default") or "train"

    def chosen_pairs(self) -> list[Pair]:
        """The pairs that this config runs, in the sheet's order."""
        pairs = self.read_pairs()
        wanted = self.quick_pairs if self.scope == "quick" else self.pairs
        if wanted == ["all"]:
            return pairs
        return [pair for pair in pairs if any(is_named(pair, name) for name in wanted)]

    def chosen_detectors(self) -> list[Detector]:
        """The detectors that this config runs, in the sheet's order; none where the scope is quick.

        "all" are those on the classifiers of the chosen pairs.
        """
        if self.detection is None or self.scope == "quick":
            return []
        rows, wanted = self.read_detectors(), self.detection.detectors
        if wanted != ["all"]:
            return [row for row in rows if row.id in wanted]
        classifiers = {model.id for pair in self.chosen_pairs() for model in pair.models}
        return [row for row in rows if row.backbone_model in classifiers]

    def options_of(self, network: str) -> dict[str, Any]:
        """Options of a classifier, or of a detector: those of its kind, and on top its own."""
        own = self.options.get(network, {})
        if not self.detection or not detectors.is_detector(network):
            return own
        kind = detectors.split_name(network)[0]
        return {**self.detection.options.get(kind, {}), **own}  # type: ignore[call-overload]


def parse_config(
    values: dict[str, Any], source: str = "config", find: Callable[[str], str] | None = None
) -> Config:
    """Check a config and everything that it names; `find` says where a recipe or sheet of a name lies.

    Raises:
        UserError: one line with the key and the fix.
    """
    refuse_boundless(values, source)
    load_plugins(_plugins_of(values, source))
    try:
        config = Config.model_validate(values, context={FIND: find})
    except ValidationError as error:
        raise UserError(f"{source}: {explained(error, Config)}") from error
    for key in ("pairs", *(["quick_pairs"] if config.scope == "quick" else [])):
        if not getattr(config, key):
            raise UserError(f"{source}: {key}: names no pair; name some, or all")
    rows = read_pairs(Path(config.pairs_sheet))
    for key, names in (("pairs", config.pairs), ("quick_pairs", config.quick_pairs)):
        try:
            with_registered(rows, names if names != ["all"] else [])
        except UserError as error:
            raise UserError(f"{source}: {key}: {error}") from error
    for model, options in config.options.items():
        if not networks.is_network(model):
            raise UserError(f"{source}: options: unknown model {model!r}{nearest(model, networks.names())}")
        try:
            networks.resolve_options(model, **options)
        except ValueError as error:
            raise UserError(f"{source}: options: {error}") from error
    _check_weights(config, source)
    for pair in config.chosen_pairs():
        if pair.baseline.backbone not in config.recipes:
            raise UserError(f"{source}: recipes: no recipe for backbone {pair.baseline.backbone!r}; add one")
        for row in pair.models:
            if not is_model(row.id):
                raise UserError(f"{config.pairs_sheet}: {networks.unknown(row.id)}")
            # Its backbone becomes part of paths.
            if (said := (row.backbone, row.attention, row.connected)) != (known := triple_of(row.id)):
                raise UserError(f"{config.pairs_sheet}: {row.id!r} is {known}, its columns say {said}")
            if row.model_drive_id is None and is_published(config.source_of(row.id)):
                raise UserError(f"{source}: weights: {row.id} is not published; set its own to train")
    _check_data(config, source)
    _check_detection(config, source)
    return config


def _plugins_of(values: dict[str, Any], source: str) -> list[str]:
    """Before anything else is checked: other keys may name what plug-ins register."""
    named = values.get("plugins") or []
    if not isinstance(named, list) or not all(isinstance(name, str) for name in named):
        raise UserError(f"{source}: plugins: must be a list of files or modules, as [my_blocks.py]")
    return named


def _check_detection(config: Config, source: str) -> None:
    settings = config.detection
    if settings is None:
        return
    known = [row.id for row in config.read_detectors()]
    for name in settings.detectors:
        if name not in known and settings.detectors != ["all"]:
            raise UserError(f"{source}: detection.detectors: unknown detector {name!r}{nearest(name, known)}")
    if not settings.detectors:
        raise UserError(f"{source}: detection.detectors: names none; name some, or leave detection out")
    if isinstance(settings.data, CocoData) and not os.path.isdir(settings.data.path):
        raise UserError(
            f"{source}: detection.data.path: no folder {settings.data.path!r}; correct the path, or leave "
            "detection out"
        )
    for row in config.chosen_detectors():
        try:
            kind, backbone = detectors.split_name(row.id)
        except ValueError as error:
            raise UserError(f"{config.detectors_sheet}: {error}") from error
        if backbone != row.backbone_model:
            raise UserError(
                f"{config.detectors_sheet}: {row.id!r} is on {backbone}, its column backbone_model says "
                f"{row.backbone_model!r}"
            )
        if kind not in settings.recipes:
            raise UserError(f"{source}: detection.recipes: no recipe for {kind!r}; add one")
        try:
            options = detectors.resolve_options(row.id, **config.options_of(row.id))
        except ValueError as error:
            raise UserError(f"{source}: detection.options: {error}") from error
        _check_backbone(config, source, row, detectors.backbone_options(row.id, options))
        if row.model_drive_id is None and is_published(config.source_of(row.id)):
            raise UserError(f"{source}: weights: {row.id} is not published; set weights.{row.id} to train")
        if isinstance(settings.data, ScenesData) and is_published(config.source_of(row.id)):
            raise UserError(
                f"{source}: weights: {row.id} is published for COCO's 80 categories, the scenes have 10; "
                "set detection.data to a folder of COCO"
            )


def _check_backbone(config: Config, source: str, row: Detector, wanted: dict[str, Any]) -> None:
    """A detector that is trained here starts from a classifier of the same options."""
    if config.source_of(row.id) != "train" or config.source_of(row.backbone_model) != "train":
        return
    there = resolve_options(row.backbone_model, **config.options.get(row.backbone_model, {}))
    for key in sorted({*there, *wanted}):
        if there.get(key) != wanted.get(key):
            raise UserError(
                f"{source}: options: {row.id} has {key} {wanted.get(key)!r} and {row.backbone_model}, "
                f"which it starts from, {there.get(key)!r}; give both the same"
            )


def _check_data(config: Config, source: str) -> None:
    models = [model.id for pair in config.chosen_pairs() for model in pair.models]
    if isinstance(config.data, FolderData):
        if not os.path.isdir(config.data.path):
            raise UserError(f"{source}: data.path: no folder {config.data.path!r}; correct the path")
        for name, path in config.data.tests.items():
            if not re.fullmatch("[a-z0-9_]+", name):
                raise UserError(f"{source}: data.tests: {name!r}: use lower-case letters, digits and _")
            if not (os.path.isfile if path.endswith(".json") else os.path.isdir)(path):
                raise UserError(f"{source}: data.tests.{name}: no file or folder {path!r}; correct the path")
    elif isinstance(config.data, PluginData):
        try:
            check_settings(config.data.name, config.data.settings)
        except UserError as error:
            raise UserError(f"{source}: {error}") from error
    elif published := [model for model in models if is_published(config.source_of(model))]:
        raise UserError(
            f"{source}: weights: {published[0]} is published for ImageNet's 1,000 classes, the digits "
            "have 10; set data to a folder of ImageNet's classes"
        )


def _check_weights(config: Config, source: str) -> None:
    for model, wanted in config.weights.items():
        if model != "default" and not networks.is_network(model):
            known = ["default", *networks.names()]
            raise UserError(f"{source}: weights: unknown model {model!r}{nearest(model, known)}")
        if model == "default" and isinstance(wanted, LocalFile | Torchvision | Url):
            raise UserError(f"{source}: weights.default: one file does not fit every model; name its model")
        if isinstance(wanted, LocalFile) and not os.path.isfile(wanted.file):
            raise UserError(f"{source}: weights.{model}.file: no file {str(wanted.file)!r}; correct the path")


def load_config(path: Path) -> Config:
    """Read and check a config file; UserError as in `parse_config`."""
    values = read_yaml(path)
    return parse_config(values, str(path))


def read_yaml(path: Path) -> dict[str, Any]:
    """A YAML file that holds a mapping; UserError names the file and the line of a mistake."""
    try:
        text = Path(path).read_text(encoding="utf-8")
    except (OSError, ValueError) as error:  # no UTF-8, no path
        raise UserError(f"{path}: cannot be read: {error}") from error
    values = parse_yaml(text, str(path))
    if not isinstance(values, dict):
        raise UserError(f"{path}: must hold keys and values")
    return values
