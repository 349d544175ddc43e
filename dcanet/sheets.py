"""The sheets config/pairs.tsv and config/detectors.tsv: one row per model, with its published values."""

import csv
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from .errors import UserError, first_problem

DriveId = Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{10,}$")]


class Classifier(BaseModel):
    """A row of pairs.tsv: a (backbone, attention, connected) triple and what Table 1 prints for it."""

    model_config = ConfigDict(extra="forbid", allow_inf_nan=False)
    id: str = Field(pattern=r"^[a-z0-9_]+$")
    pair: str = Field(pattern=r"^[a-z0-9_]+$", description="id of the row's baseline")
    row: str = Field(description="the row's name in the paper")
    backbone: str
    attention: str
    connected: bool
    published_top1_percent: float
    published_top5_percent: float
    published_macs_giga: float
    published_params_mega: float
    model_drive_id: DriveId
    log_drive_id: DriveId


class Detector(BaseModel):
    """A row of detectors.tsv and what Table 2 prints for it (COCO val2017).

    A row of your own, on any ResNet of Table 1, leaves the published cells empty.
    """

    model_config = ConfigDict(extra="forbid", allow_inf_nan=False)
    id: str = Field(pattern=r"^[a-z0-9_]+$")
    detector: Literal["RetinaNet", "Cascade R-CNN"]
    row: str
    backbone_model: str
    baseline: str | None = Field(description="the row that this one's delta is against")
    published_ap: float | None
    published_ap50: float | None
    published_ap75: float | None
    published_ap_small: float | None
    published_ap_medium: float | None
    published_ap_large: float | None
    model_drive_id: DriveId | None
    log_drive_id: DriveId | None

    @field_validator("*", mode="before")
    @classmethod
    def _empty_is_none(cls, value: str) -> str | None:
        return value or None


class Pair(BaseModel):
    """One row of Table 1: a baseline and, unless it is a plain network, its connected partner."""

    id: str
    row: str
    baseline: Classifier
    connected: Classifier | None

    @property
    def models(self) -> list[Classifier]:
        return [model for model in (self.baseline, self.connected) if model is not None]


Row = TypeVar("Row", Classifier, Detector)


def _read(path: Path, kind: type[Row]) -> list[Row]:
    try:
        reader = csv.DictReader(Path(path).read_text(encoding="utf-8").splitlines(), delimiter="\t")
        records = [(reader.line_num, record) for record in reader]
    except (OSError, ValueError, csv.Error) as error:  # no UTF-8, no path
        raise UserError(f"{path}: cannot be read: {error}") from error
    rows: list[Row] = []
    for line, record in records:
        if None in record:
            raise UserError(f"{path}: line {line}: has more cells than the heading has columns")
        try:
            rows.append(kind.model_validate(record))
        except ValidationError as error:
            _, column, message = first_problem(error)
            raise UserError(f"{path}: line {line}, column {column!r}: {message}") from error
    if not rows:
        raise UserError(f"{path}: has no rows")
    ids = [row.id for row in rows]
    if twice := sorted({name for name in ids if ids.count(name) > 1}):
        raise UserError(f"{path}: id {twice[0]!r} stands in more than one row; ids must be unique")
    return rows


def read_detectors(path: Path) -> list[Detector]:
    """The detectors of Table 2 in their order; UserError names line and column of what is wrong."""
    return _read(path, Detector)


def read_pairs(path: Path) -> list[Pair]:
    """The pairs of Table 1 in their order; UserError names line and column of what is wrong."""
    models = _read(path, Classifier)
    pairs = []
    for model in models:
        if not model.connected:
            partners = [other for other in models if other.connected and other.pair == model.id]
            if len(partners) > 1:
                raise UserError(f"{path}: pair {model.id!r} has {len(partners)} connected rows; it takes one")
            pairs.append(
                Pair(id=model.id, row=model.row, baseline=model, connected=partners[0] if partners else None)
            )
    _check_partners(path, models, pairs)
    return pairs


def _check_partners(path: Path, models: Sequence[Classifier], pairs: Sequence[Pair]) -> None:
    placed = {model.id for pair in pairs for model in pair.models}
    for model in models:
        if not model.connected and model.pair != model.id:
            raise UserError(
                f"{path}: baseline {model.id!r} names the pair {model.pair!r}; it must name itself"
            )
        if model.id not in placed:
            raise UserError(f"{path}: {model.id!r} names the pair {model.pair!r}, which has no baseline row")
