"""The JSON files that stages exchange: what is in them, versioned and checked on reading and writing."""

from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from typing import Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from .errors import UserError, first_problem
from .files import write_text

Hash = str


class Document(BaseModel):
    """A JSON file with a schema version."""

    model_config = ConfigDict(extra="forbid", allow_inf_nan=False)
    schema_version: Literal[1] = 1

    def save(self, path: Path) -> None:
        """Write atomically."""
        write_text(path, self.model_dump_json(indent=2) + "\n")

    @classmethod
    def load(cls, path: Path) -> Self:
        """Read and check; UserError names the file and what is wrong with it."""
        try:
            return cls.model_validate_json(Path(path).read_bytes())
        except OSError as error:
            raise UserError(f"{path}: cannot be read ({error.strerror})") from error
        except ValidationError as error:
            raise _not_as_written(path, error) from error


def _not_as_written(path: Path, error: ValidationError) -> UserError:
    _, where, message = first_problem(error)
    return UserError(f"{path}: {where or 'file'}: {message}; delete the file to have it made again")


class Dataset(Document):
    """A data set's dataset.json: what is in it, and fingerprints over ids and sizes of its images."""

    name: str
    classes: list[str]
    train_images: int
    val_images: int
    train_fingerprint: Hash
    val_fingerprint: Hash


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
    recipe_hash: Hash | None = None
    data_fingerprint: Hash | None = None
    weights_sha256: Hash | None = None
    weights_source: str | None = Field(None, description="where weights come from that were not trained here")
    source_sha256: Hash | None = Field(None, description="of the file that they were converted from")


class EpochRecord(Document):
    """One line of history.jsonl; losses are means, epochs count from 1.

    A training here has no validation figures per epoch, a published log has no speed.
    """

    epoch: int
    learning_rate: float
    train_loss: float
    train_top1_percent: float
    valid_loss: float | None = None
    valid_top1_percent: float | None = None
    valid_top5_percent: float | None = None
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
        raise _not_as_written(path, error) from error


class Metrics(Document):
    """What an evaluation found; metrics.json beside predictions.parquet."""

    model: str
    options: dict[str, Any]
    weights_source: str = Field("trained", description="or where the weights come from")
    seed: int | None = Field(description="of the training; None for weights that were not trained here")
    dataset: str
    split: str
    preprocessing: str
    classes: int = Field(description="of the data set")
    images: int = Field(ge=1)
    top1_percent: float = Field(ge=0, le=100)
    top5_percent: float = Field(ge=0, le=100)
    loss: float
    weights_sha256: Hash
    recipe_hash: Hash
    data_fingerprint: Hash

    @property
    def origin(self) -> str:
        """Of the weights: the seed of a training here, or where they come from."""
        return self.weights_source if self.seed is None else f"seed {self.seed}"


class ModelCosts(BaseModel):
    """Size and arithmetic of one model."""

    model_config = ConfigDict(extra="forbid", allow_inf_nan=False)
    options: dict[str, Any]
    parameters: int = Field(ge=0, lt=2**63)
    macs: int = Field(ge=0, lt=2**63, description="multiply-adds of one image")
    uncounted_ops: dict[str, int] = Field(description="operations the counter has no rule for, and how often")


class Costs(Document):
    """Parameters and MACs of a pair, at ImageNet's 1,000 classes: profile/costs/<pair>.json."""

    pair: str
    image_size: int
    classes: int
    convention: str = Field(description="which operations count; 'fvcore'")
    models: dict[str, ModelCosts]


class Speed(BaseModel):
    """Inference speed of one model: mean over timed rounds and its 95 % interval (Student's t)."""

    model_config = ConfigDict(extra="forbid", allow_inf_nan=False)
    images_per_second: float = Field(ge=0)
    interval: tuple[float, float]
    blocks: list[float] = Field(description="images per second of each timed round")


class Throughput(Document):
    """Speeds of a pair timed interleaved: profile/<device>/<pair>.json."""

    pair: str
    device: str
    device_name: str
    threads: int
    image_size: int
    batch_size: int
    precision: str
    memory_format: str
    load_average: float = Field(description="1-minute load average per core before the timing started")
    models: dict[str, Speed]
    ratio: float | None = Field(description="connected over baseline, mean over the rounds")
    ratio_interval: tuple[float, float] | None
