"""This project's weight files, wherever weights are kept: safetensors whose metadata rebuild the model."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

import torch
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from safetensors import SafetensorError, safe_open

from ..errors import UserError
from ..exhaustion import is_out_of_memory
from ..recorded import check_recorded
from .networks import Network, assemble, is_network, num_classes_of, unknown
from .tensorfile import write_tensors


class WeightsMetadata(BaseModel):
    """What a weight file says of itself."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    schema_version: Literal[1] = 1
    model: str
    options: dict[str, Any]
    num_classes: int = Field(ge=1)
    source: str = Field(description="'trained', or where the file came from that this was converted from")
    source_sha256: str | None = None
    conversion_version: int | None = None
    variant: dict[str, Any] = Field(
        {}, description="options that differ from a classifier's printed form or the published detector"
    )
    notes: dict[str, Any] = Field({}, description="anything else, for instance the epoch")


def empty_model(model: str, num_classes: int, options: Mapping[str, Any]) -> Network:
    """A model without memory for its weights; ValueError for an unknown id or options it does not have.

    An option that is not given has its default: weight files may be older than it.
    """
    with torch.device("meta"):
        return assemble(model, num_classes, **options)


def save_model(model: Network, path: Path, metadata: Mapping[str, Any]) -> None:
    """Write a model's state atomically.

    Args:
        metadata: fields of `WeightsMetadata` besides those that the model knows itself; `source` at least.
    """
    known = WeightsMetadata(
        model=model.model_name,
        options=model.model_options,
        num_classes=num_classes_of(model),
        **metadata,
    )
    state = model.state_dict()
    write_tensors(path, state, state.__getitem__, as_strings(known))


def load_model(path: Path) -> Network:
    """Rebuild the classifier or detector of a weight file, on the CPU in training mode.

    Raises:
        UserError: the file is not one of this project, does not fit what it says of itself, or is not the one
            that the provenance beside it is of.
    """
    metadata = read_metadata(path)
    if not is_network(metadata.model):
        raise UserError(
            f"{path}: {unknown(metadata.model)}; a plug-in's is known to dcanet --plugin FILE VERB"
        )
    check_recorded(path, "make it anew: delete the file")
    try:
        model = empty_model(metadata.model, metadata.num_classes, metadata.options)
        with safe_open(path, framework="pt") as file:
            tensors = {key: file.get_tensor(key) for key in file.keys()}  # noqa: SIM118
        model.load_state_dict(tensors, assign=True)
    except (SafetensorError, OSError, ValueError, TypeError, RuntimeError) as error:
        if is_out_of_memory(error):
            raise
        reason = " ".join(str(error).split())[:300]
        raise UserError(f"{path}: does not hold a {metadata.model}: {reason}; make it anew") from error
    return model


def read_metadata(path: Path) -> WeightsMetadata:
    """What a weight file says of itself; UserError where it is no weight file of this project."""
    try:
        with safe_open(path, framework="pt") as file:
            strings = file.metadata() or {}
    except (SafetensorError, OSError) as error:
        raise UserError(
            f"{path}: is not a whole safetensors file ({error}); delete it to have it made again"
        ) from error
    if "schema_version" not in strings:
        raise UserError(
            f"{path}: has no metadata of this project; `dcanet weights convert` makes a weight file of it"
        )
    try:
        return WeightsMetadata.model_validate({key: json.loads(text) for key, text in strings.items()})
    except (ValueError, RecursionError) as error:  # a ValidationError is one too
        said = error.errors()[0] if isinstance(error, ValidationError) else {"loc": (), "msg": str(error)}
        where = ".".join(map(str, said["loc"]))
        raise UserError(
            f"{path}: metadata {where}: {said['msg']}; delete the file to have it made again"
        ) from error


def as_strings(metadata: WeightsMetadata) -> dict[str, str]:
    """For a safetensors header, which takes text only: every field as JSON."""
    return {key: json.dumps(value, sort_keys=True) for key, value in metadata.model_dump(mode="json").items()}
