"""The sheets config/pairs.tsv and config/detectors.tsv: one row per model, with its published values."""

import csv
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from .errors import UserError, first_problem

NetworkId = Annotated[str, Field(pattern=r"^[a-z0-9_]+$")]
DriveId = Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{10,}$")]


class SheetRow(BaseModel):
    """A row of a sheet; one of your own leaves the published cells empty."""

    model_config = ConfigDict(extra="forbid", allow_inf_nan=False)
    id: NetworkId

    @field_validator("*", mode="before")
    @classmethod
    def _empty_is_none(cls, value: Any) -> Any:
        return None if value == "" else value


class Classifier(SheetRow):
    """A row of pairs.tsv: a (backbone, attention, connected) triple and what Table 1 prints for it."""

    pair: NetworkId = Field(description="id of the row's baseline")
    row: str = Field(description="the row's name in the paper")
    backbone: str
    attention: str
    connected: bool
    published_top1_percent: float | None
    published_top5_percent: float | None
    published_macs_giga: float | None
    published_params_mega: float | None
    model_drive_id: DriveId | None
    log_drive_id: DriveId | None


class Detector(SheetRow):
    """A row of detectors.tsv and what Table 2 prints for it (COCO val2017), on any ResNet of Table 1."""

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


class Pair(BaseModel):
    """One row of Table 1: a baseline and, unless it is a plain network, a connected partner.

    A baseline with several partners is in as many pairs.
    """

    id: str
    row: str
    baseline: Classifier
    connected: Classifier | None

    @property
    def models(self) -> list[Classifier]:
        return [model for model in (self.baseline, self.connected) if model is not None]


def pair_id(baseline: str, connected: str | None) -> str:
    """Id of a pair: its baseline's, or its partner's where that is not the baseline's very own.

    So a pair keeps its id when others of the same baseline come and go.
    """
    return baseline if connected in (None, f"dca_{baseline}") else str(connected)


Row = TypeVar("Row", Classifier, Detector)


def _read(path: Path, kind: type[Row]) -> list[Row]:
    try:
        reader = csv.DictReader(Path(path).read_text(encoding="utf-8").splitlines(), delimiter="\t")
        columns = reader.fieldnames or ()
        records = [(reader.line_num, record) for record in reader]
    except (OSError, ValueError, csv.Error) as error:  # no UTF-8, no path
        raise UserError(f"{path}: cannot be read: {error}") from error
    if again := sorted({column for column in columns if columns.count(column) > 1}):
        raise UserError(f"{path}: column {again[0]!r} stands in the heading more than once; leave one")
    rows: list[Row] = []
    for line, record in records:
        if None in record:
            raise UserError(f"{path}: line {line}: has more cells than the heading has columns")
        if short := [column for column, cell in record.items() if cell is None]:
            raise UserError(f"{path}: line {line}, column {short[0]!r}: the row ends before it")
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
    baselines = [model for model in models if not model.connected]
    _check_partners(path, models, {model.id: model for model in baselines})
    return [pair for baseline in baselines for pair in pairs_of(baseline, models)]


def pairs_of(baseline: Classifier, models: Sequence[Classifier]) -> list[Pair]:
    """One for each connected partner among these models, or a single one without any."""
    partners = [model for model in models if model.connected and model.pair == baseline.id]
    if not partners:
        return [_pair(baseline, None)]
    return [_pair(baseline, partner) for partner in partners]


def _pair(baseline: Classifier, partner: Classifier | None) -> Pair:
    name = pair_id(baseline.id, partner.id if partner else None)
    row = baseline.row if partner is None or name == baseline.id else partner.row
    return Pair(id=name, row=row, baseline=baseline, connected=partner)


def _check_partners(path: Path, models: Sequence[Classifier], baselines: Mapping[str, Classifier]) -> None:
    for model in models:
        if not model.connected and model.pair != model.id:
            raise UserError(
                f"{path}: baseline {model.id!r} names the pair {model.pair!r}; it must name itself"
            )
        if model.pair not in baselines:
            raise UserError(f"{path}: {model.id!r} names the pair {model.pair!r}, which has no baseline row")
        baseline = baselines[model.pair]
        if (model.backbone, model.attention) != (baseline.backbone, baseline.attention):
            raise UserError(
                f"{path}: {model.id!r} has {model.attention} on {model.backbone}, its baseline "
                f"{model.pair!r} {baseline.attention} on {baseline.backbone}; a pair differs in the "
                "connection"
            )
