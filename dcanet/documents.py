"""The JSON files that stages exchange: what is in them, versioned and checked on reading and writing."""

import json
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from typing import Any, ClassVar, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from .errors import UserError, first_problem
from .files import content_hash, write_text

Hash = str
#: The key under which a file has the SHA-256 of the rest of itself.
CHECKSUM = "checksum"


class Document(BaseModel):
    """A JSON file with a schema version, and in the file the checksum of what it says.

    The checksum is for `dcanet verify`: a number that was edited, and a bit that flipped, no longer fit it.
    """

    model_config = ConfigDict(extra="forbid", allow_inf_nan=False)
    made_again: ClassVar[str] = "delete the file to have it made again"
    schema_version: Literal[1] = 1

    @classmethod
    def version(cls) -> int:
        """The schema version that is written and read."""
        version: int = cls.model_fields["schema_version"].default
        return version

    @model_validator(mode="before")
    @classmethod
    def _without_checksum(cls, values: Any) -> Any:
        if isinstance(values, dict) and CHECKSUM in values:
            return {key: value for key, value in values.items() if key != CHECKSUM}
        return values

    def save(self, path: Path) -> None:
        """Write atomically, with the checksum as the last key."""
        text = self.model_dump_json(indent=2)
        checksum = content_hash(json.loads(text))
        write_text(path, f'{text.removesuffix("}").rstrip()},\n  "{CHECKSUM}": "{checksum}"\n}}\n')

    @classmethod
    def load(cls, path: Path) -> Self:
        """Read and check; UserError names the file and what is wrong with it."""
        try:
            return cls.model_validate_json(Path(path).read_bytes())
        except OSError as error:
            raise UserError(f"{path}: cannot be read ({error.strerror})") from error
        except ValidationError as error:
            raise _not_as_written(path, error, cls) from error


def _not_as_written(path: Path, error: ValidationError, kind: type[Document]) -> UserError:
    for problem in error.errors():
        if problem["loc"] == ("schema_version",):
            read = f"schema version {problem['input']!r}, and this version reads {kind.version()}"
            return UserError(f"{path}: is of {read}; {kind.made_again}")
    _, where, message = first_problem(error)
    return UserError(f"{path}: {where or 'file'}: {message}; {kind.made_again}")


class SplitFacts(BaseModel):
    """One split of a data set; images are named by their ids, <class>/<file name>."""

    model_config = ConfigDict(extra="forbid")
    layout: str = Field(description="how the images are stored, in words")
    images: int
    fingerprint: Hash = Field(
        description="over ids and sizes in bytes, of bare pixels also over them; the same in every layout"
    )
    per_class: dict[str, int] = Field(description="images of each class")
    bad_images: dict[str, str] = Field({}, description="why each cannot be decoded; they are to be skipped")
    notes: dict[str, list[str]] = Field({}, description="images that are unusual but fine, by kind")


class Dataset(Document):
    """A data set's dataset.json: what is in it, and what a check of it found.

    Broken images, notes and duplicates are known only after `dcanet data check`.
    """

    schema_version: Literal[2] = 2  # type: ignore[assignment]
    name: str
    classes: list[str]
    class_order_hash: Hash = Field(description="over the sorted classes: equal hashes, equal targets")
    imagenet: Literal["all", "some", "no"] = Field(description="whether the classes are ImageNet's")
    splits: dict[str, SplitFacts]
    duplicates: list[list[str]] = Field([], description="groups of <split>/<id> with the same bytes")


class Provenance(Document):
    """How a result came to be; beside every result as provenance.json."""

    command: list[str]
    started: datetime
    ended: datetime
    git_commit: str | None
    git_dirty: bool | None
    versions: dict[str, str] = Field(description="python, torch and the other packages that matter")
    machine: dict[str, Any] = Field(description="system, processor, cores, memory_gib, gpu")
    device: str
    threads: int
    seed: int | None = None
    config_hash: Hash | None = Field(None, description="of the config whose workflow ran the job")
    recipe_hash: Hash | None = None
    data_fingerprint: Hash | None = None
    weights_sha256: Hash | None = None
    weights_source: str | None = Field(None, description="where weights come from that were not trained here")
    source_sha256: Hash | None = Field(None, description="of the file that they were converted from")
    plugins: dict[str, Hash] | None = Field(None, description="hash of the code of each plug-in, by its name")
    files: dict[str, Hash] = Field({}, description="SHA-256 of files of the job that have no checksum inside")
    nondeterministic_operations: list[str] | None = Field(
        None, description="operations without a deterministic form that a deterministic training used"
    )


class EpochRecord(Document):
    """One line of history.jsonl; losses are means, epochs count from 1.

    A classifier has accuracies, a detector AP and the parts of its loss. Not every epoch is validated, and a
    published log has no speed.
    """

    epoch: int
    learning_rate: float
    train_loss: float
    train_top1_percent: float | None = None
    train_losses: dict[str, float] | None = None
    valid_loss: float | None = None
    valid_top1_percent: float | None = None
    valid_top5_percent: float | None = None
    valid_ap_percent: float | None = None
    seconds: float | None = None
    images_per_second: float | None = None


def write_history(path: Path, epochs: Iterable[EpochRecord]) -> None:
    """Write history.jsonl, a line per epoch."""
    write_text(path, "".join(epoch.model_dump_json(exclude_none=True) + "\n" for epoch in epochs))


def read_history(path: Path) -> list[EpochRecord]:
    """Read history.jsonl; UserError names the file and what is wrong with it."""
    try:
        lines = Path(path).read_text(encoding="utf-8").splitlines()
        return [EpochRecord.model_validate_json(line) for line in lines]
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(f"{path}: cannot be read ({error})") from error
    except ValidationError as error:
        raise _not_as_written(path, error, EpochRecord) from error


class ClassAccuracy(BaseModel):
    """How well one class is recognised."""

    model_config = ConfigDict(extra="forbid", allow_inf_nan=False)
    images: int = Field(ge=1)
    top1_percent: float = Field(ge=0, le=100)


class EpochAccuracy(BaseModel):
    """Top-1 on the validation split after an epoch of the training; epochs count from 1."""

    model_config = ConfigDict(extra="forbid", allow_inf_nan=False)
    epoch: int = Field(ge=1)
    top1_percent: float = Field(ge=0, le=100)


class Result(Document):
    """What every result of an evaluation says of its weights, its images and its accuracy."""

    model: str
    weights_source: str = Field("trained", description="or where the weights come from")
    seed: int | None = Field(description="of the training; None for weights that were not trained here")
    preprocessing: str
    images: int = Field(ge=1)
    top1_percent: float = Field(ge=0, le=100)
    weights_sha256: Hash
    data_fingerprint: Hash
    files: dict[str, Hash] = Field({}, description="SHA-256 of the files beside it that have the answers")

    @property
    def origin(self) -> str:
        """Of the weights: the seed of a training here, or where they come from."""
        return self.weights_source if self.seed is None else f"seed {self.seed}"


class Metrics(Result):
    """What an evaluation found; metrics.json beside predictions.parquet."""

    made_again: ClassVar[str] = "evaluate again: delete the file, or run `dcanet evaluate`"
    schema_version: Literal[3] = 3  # type: ignore[assignment]
    options: dict[str, Any]
    dataset: str
    split: str
    classes: int = Field(description="of the data set")
    of_classes: int = Field(description="outputs of the model, among which every answer was chosen")
    class_order_hash: Hash
    bad_images_skipped: int = Field(0, ge=0)
    top5_percent: float = Field(ge=0, le=100)
    nll: float = Field(description="mean negative log-likelihood of the true class, in nats")
    ece_percent: float = Field(
        ge=0, le=100, description="expected calibration error over 15 equal bins of the top-1 probability"
    )
    per_class: dict[str, ClassAccuracy]
    recipe_hash: Hash
    selected: Literal["last", "best"] | None = Field(
        None, description="the epoch whose weights these are: the last, or the best on val"
    )
    last_epoch: EpochAccuracy | None = None
    best_epoch: EpochAccuracy | None = None

    @property
    def scope(self) -> str:
        """In words, where the data have only some of ImageNet's classes; empty otherwise."""
        if self.classes == self.of_classes:
            return ""
        outputs = f"{self.of_classes:,}"
        return f"{self.classes:,} of ImageNet's {outputs} classes, evaluated over all {outputs} outputs"


class RealMetrics(Result):
    """Accuracy on ImageNet's reassessed labels (ReaL, arXiv 2006.07159), from stored predictions.

    metrics.json beside correct.parquet.
    """

    made_again: ClassVar[str] = "evaluate again: delete the file, or run `dcanet evaluate`"
    schema_version: Literal[3] = 3  # type: ignore[assignment]
    labels_sha256: Hash
    predictions_sha256: Hash = Field("", description="of the predictions that were scored")
    unlabelled_images: int = Field(ge=0, description="left out: no label was found to fit them")
