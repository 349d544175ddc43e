"""The sections of the config file."""

from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Discriminator,
    Field,
    Tag,
    ValidationInfo,
    field_validator,
    model_validator,
)

from .comparison_documents import Adjustment
from .files import hash_of
from .plugins.datasets import BUILT_IN
from .profile_documents import Setting
from .profiling.setting import in_words


class Section(BaseModel):
    model_config = ConfigDict(extra="forbid")


#: Says where a file lies that the config names: in the validation's context under this key, if at all.
FIND = "find"


def _found(path: str, info: ValidationInfo) -> str:
    find: Callable[[str], str] | None = (info.context or {}).get(FIND)
    return find(path) if find else path


#: Path of a recipe or sheet, which a workflow that uses this one as a module need not have a copy of.
ShippedFile = Annotated[str, AfterValidator(_found)]


class DigitsData(Section):
    """The embedded data set: real digits blended over real photographs, 10 classes."""

    name: Literal["digits"]
    image_size: int = Field(32, ge=32, le=224, multiple_of=32, description="side in pixels")
    seed: int = Field(0, ge=0, description="seed of the crops and of the train/val split")

    @property
    def folder(self) -> str:
        return f"data/digits-{self.image_size}px-seed{self.seed}"

    @property
    def note(self) -> str:
        """What the report says our accuracies were measured on."""
        return "embedded digits (1,000 val images, 10 classes)"


class DataOnDisk(Section):
    """Data that were there before."""

    path: str
    on_bad_image: Literal["stop", "skip"] = Field(
        "stop", description="skip: every image is decoded before anything else, broken ones are left out"
    )

    @property
    def folder(self) -> str:
        return self.path.rstrip("/")

    @property
    def note(self) -> str:
        """What the report says our numbers were measured on."""
        return f"the val split of {Path(self.path).name}"


class FolderData(DataOnDisk):
    """Images on disk in any layout of docs/data.md: ImageNet as downloaded, or folders of your own."""

    name: Literal["folder"]
    path: str = Field(description="the data set's folder; its layout is found")
    tests: dict[str, str] = Field(
        {}, description="extra test sets: name -> folder of images, or ReaL's labels (a .json file)"
    )


class PluginData(Section):
    """A data set that a plug-in makes; what stands beside its name are its settings."""

    model_config = ConfigDict(extra="allow")
    name: str = Field(
        description="as a plug-in registers it", json_schema_extra={"not": {"enum": [*BUILT_IN]}}
    )

    @property
    def settings(self) -> dict[str, Any]:
        return self.model_extra or {}

    @property
    def folder(self) -> str:
        return f"data/{self.name}-{hash_of(self.settings)}"

    @property
    def note(self) -> str:
        """What the report says our accuracies were measured on."""
        settings = ", ".join(f"{key} {value}" for key, value in self.settings.items())
        return f"the val split of {self.name}" + (f" ({settings})" if settings else "")


def _kind_of_data(value: Any) -> str:
    name = value.get("name") if isinstance(value, dict) else getattr(value, "name", None)
    return name if name in BUILT_IN else "plugin"


AnyData = Annotated[
    Annotated[DigitsData, Tag("digits")]
    | Annotated[FolderData, Tag("folder")]
    | Annotated[PluginData, Tag("plugin")],
    Discriminator(_kind_of_data),
]


class TrainingSettings(Section):
    """Where a training runs, by a recipe that keeps its batches on any number of ranks."""

    nodes: int = Field(1, ge=1, description="of a SLURM job that one training is spread over")
    processes: int = Field(1, ge=1, description="ranks on each node; on GPUs each takes one")
    threads: int = Field(1, ge=1, description="processor threads that compute in each rank")
    workers: int = Field(0, ge=0, description="processes of each rank that load images; 0: the rank itself")
    save_minutes: float = Field(10, gt=0, description="between saves of the state within an epoch")


class EvaluationSettings(Section):
    """Over how many ranks an evaluation is spread; each has the threads and workers of a training's."""

    nodes: int = Field(1, ge=1, description="of a SLURM job that one evaluation is spread over")
    processes: int = Field(1, ge=1, description="ranks on each node; on GPUs each takes one")


def _as_list(value: Any) -> Any:
    return value if isinstance(value, list) else [value]


BatchSize = Annotated[int, Field(ge=1)]
BatchSizes = Annotated[
    list[BatchSize], BeforeValidator(_as_list, json_schema_input_type=BatchSize | list[BatchSize])
]


class MeasurementSettings(Setting):
    """One setting of a timing, or the same at several batch sizes."""

    batch_size: BatchSizes = Field(  # type: ignore[assignment]
        [8], min_length=1, description="images at a time; a list is a sweep"
    )

    @property
    def settings(self) -> list[Setting]:
        """One for each batch size."""
        shared = self.model_dump(exclude={"batch_size"})
        return [Setting(batch_size=size, **shared) for size in self.batch_size]


class ProfileSettings(Section):
    """How speed is measured, and at which size costs are counted."""

    image_size: int = Field(224, ge=32, multiple_of=32, description="side in pixels, also for MACs")
    detector_height: int = Field(800, ge=32, description="of the images that detectors are timed on, pixels")
    detector_width: int = Field(1333, ge=32)
    block_seconds: float = Field(0.5, gt=0, description="least duration of one timed block, seconds")
    budget_seconds: float = Field(
        30, gt=0, description="for the rounds of one measurement; they end sooner when two in a row agree"
    )
    agreement_percent: float = Field(2, gt=0, description="within which two rounds agree")
    measurements: list[MeasurementSettings] = Field(
        [MeasurementSettings()],
        min_length=1,
        description="what is timed; the first is the one that tables show",
    )

    @property
    def settings(self) -> list[Setting]:
        """Every measurement at every of its batch sizes."""
        return [setting for measurement in self.measurements for setting in measurement.settings]

    @model_validator(mode="after")
    def _no_measurement_twice(self) -> Self:
        for place, setting in enumerate(self.settings):
            if setting in self.settings[:place]:
                raise ValueError(f"measurements: {in_words(setting)} stands twice; take one away")
        return self


class StatisticsSettings(Section):
    """How networks are compared (`dcanet statistics`)."""

    alpha: float = Field(0.05, gt=0, lt=1, description="intervals are at 1 - alpha, verdicts at adjusted p")
    adjust: Adjustment = Field(
        "holm", description="of p-values over the pairs: Holm, or fdr_bh for the false discovery rate"
    )
    resamples: int = Field(10_000, ge=2, le=1_000_000, description="of the images, for NLL and calibration")


class FocusSettings(Section):
    """Where the networks of a pair look, after each stage (`dcanet focus`)."""

    enabled: bool = Field(True, description="false: nothing is looked at")
    number: int = Field(
        100, ge=2, description="of val images that the numbers are of, evenly spread; all if there are fewer"
    )
    pictures: int = Field(4, ge=0, le=16, description="images to draw, evenly spread, where none are named")
    images: list[str] = Field(
        [], max_length=16, description="images to draw, as <class>/<file name> in the val split"
    )


class ScenesData(Section):
    """The embedded data set for detection: digit scenes in COCO's format, 10 categories."""

    #: Raised whenever scenes are drawn otherwise, so that older ones are drawn again.
    revision: ClassVar[int] = 2

    name: Literal["scenes"]
    image_size: int = Field(128, ge=64, le=512, multiple_of=32, description="side in pixels")
    train_images: int = Field(800, ge=1, le=100_000)
    val_images: int = Field(200, ge=1, le=100_000)
    seed: int = Field(0, ge=0, description="of the pictures")

    @property
    def folder(self) -> str:
        return f"data/scenes-{self.image_size}px-{self.train_images}+{self.val_images}-seed{self.seed}"

    @property
    def note(self) -> str:
        """What the report says our AP was measured on."""
        return f"embedded digit scenes ({self.val_images:,} val images, 10 categories)"


class CocoData(DataOnDisk):
    """COCO on disk, or your own data in its format."""

    name: Literal["folder"]
    path: str = Field(
        description="the data set's folder, as train2017/, val2017/ and annotations/; see docs/data.md"
    )


class DetectionSettings(Section):
    """Table 2: the detectors, their data and how they are trained."""

    detectors: list[str] = Field(
        ["all"], description='ids of detectors to run, or "all" of those on the chosen pairs\' classifiers'
    )
    data: Annotated[ScenesData | CocoData, Field(discriminator="name")]
    recipes: dict[Literal["retinanet", "cascade_rcnn"], ShippedFile] = Field(
        description="training recipe of each kind of detector, so that those compared share one"
    )
    options: dict[Literal["retinanet", "cascade_rcnn"], dict[str, Any]] = Field(
        {}, description="options of all detectors of a kind, e.g. retinanet: {short_side: 600}"
    )

    @field_validator("detectors", mode="before")
    @classmethod
    def _one_is_a_list(cls, value: Any) -> Any:
        return [value] if isinstance(value, str) else value
