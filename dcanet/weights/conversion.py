"""From a foreign checkpoint to a weight file of this project, completely or not at all."""

import warnings
from pathlib import Path
from typing import Any

import torch
from pydantic import Field
from torch import Tensor

from ..documents import Document
from ..errors import UserError
from ..files import sha256
from ..models import is_model, triple_of
from .authors import from_authors, in_our_names
from .networks import Network, num_classes_of, split_id, variant_of
from .opening import Checkpoint, open_checkpoint
from .store import WeightsMetadata, as_strings, empty_model, read_metadata
from .tensorfile import write_tensors
from .translation import CONVERSION_VERSION, authors_forms, split_prefix


class Conversion(Document):
    """What became of a checkpoint. Missing, unexpected or mis-shaped keys are errors, so none are here."""

    model: str
    options: dict[str, Any]
    variant: dict[str, Any] = Field(
        description="options that differ from a classifier's printed form or the published detector"
    )
    num_classes: int
    source: str
    source_sha256: str
    source_bytes: int
    prefix: str = Field(description="what preceded the authors' key names")
    types: list[str] = Field(description="of the source's tensors, for instance float16")
    tensors: int
    parameters: int
    arch: str | None
    epoch: int | None
    best_top1_percent: float | None
    remarks: list[str] = Field(description="what was decided on the way, for instance between two forms")


def convert(
    source: Path,
    out: Path,
    form: str | None = None,
    expected_model: str | None = None,
    origin: str | None = None,
) -> Conversion:
    """Write the weights of the checkpoint `source` to the weight file `out`.

    Tensors go one by one from file to file, so that memory stays within the source's size.

    Args:
        form: as for `from_authors`; by default the checkpoint's `arch`, if it is one of the authors'
            names.
        expected_model: id of the model that it must be.
        origin: what the metadata call the source; its file name by default.

    Raises:
        UserError: not a checkpoint, one of another model, keys that do not fit, values that are not finite.
    """
    checkpoint = open_checkpoint(source)
    model, remarks = recognise(checkpoint, form, expected_model)
    tensors = checkpoint.state_dict
    if not _is_ours(checkpoint):
        tensors = in_our_names(tensors, model.model_name)
    num_classes = num_classes_of(model)
    layout = empty_model(model.model_name, num_classes, model.model_options).state_dict()
    conversion = Conversion(
        model=model.model_name,
        options=model.model_options,
        variant=variant_of(model.model_name, model.model_options),
        num_classes=num_classes,
        source=origin or checkpoint.path.name,
        source_sha256=sha256(source),
        source_bytes=checkpoint.path.stat().st_size,
        prefix=split_prefix(checkpoint.state_dict),
        types=sorted({str(value.dtype).removeprefix("torch.") for value in tensors.values()}),
        tensors=len(tensors),
        parameters=sum(parameter.numel() for parameter in model.parameters()),
        arch=checkpoint.arch,
        epoch=checkpoint.epoch,
        best_top1_percent=checkpoint.best_top1_percent,
        remarks=remarks,
    )

    def value_of(key: str) -> Tensor:
        value = tensors[key]
        if value.is_floating_point() and not bool(torch.isfinite(value).all()):
            raise UserError(f"{source}: {key} has values that are not finite; get another checkpoint")
        return value

    write_tensors(out, layout, value_of, as_strings(_metadata(conversion)))
    return conversion


def recognise(
    checkpoint: Checkpoint, form: str | None = None, expected_model: str | None = None
) -> tuple[Network, list[str]]:
    """The model that a checkpoint belongs to, without memory for weights, and remarks; see `convert`."""
    path = checkpoint.path
    # Keys, shapes and types decide, so the tensors may stay in the file.
    without_memory = {key: value.to("meta") for key, value in checkpoint.state_dict.items()}
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            if _is_ours(checkpoint):
                known = read_metadata(path)
                model = empty_model(known.model, known.num_classes, known.options)
                model.load_state_dict(without_memory, assign=True)
            else:
                model = from_authors(without_memory, _form(checkpoint, form, expected_model))
        except (ValueError, RuntimeError) as error:
            other = f" (a checkpoint of another model than {expected_model}?)" if expected_model else ""
            reason = " ".join(str(error).split())
            if "..." in reason:
                reason += f" (`dcanet weights inspect {path}` lists all)"
            raise UserError(f"{path}: {reason}{other}; give the model's own checkpoint") from error
    if expected_model not in (None, model.model_name):
        raise UserError(f"{path}: is a checkpoint of another model: {model.model_name}, not {expected_model}")
    return model, [str(warning.message) for warning in caught]


def _form(checkpoint: Checkpoint, form: str | None, expected_model: str | None) -> str | None:
    """What to tell `from_authors` of that which names and shapes leave open."""
    arch = checkpoint.arch if checkpoint.arch in authors_forms() else None
    claimed = authors_forms()[arch][0] if arch else expected_model
    classifier = split_id(claimed or "")[1]
    _, attention, connected = triple_of(classifier) if is_model(classifier) else ("", "", True)
    if form in (None, "printed", "released") and attention in ("none", "ge") and not connected:
        # One form only, and no tensors that tell plain GE from the plain network.
        return claimed
    return form or arch


def _is_ours(checkpoint: Checkpoint) -> bool:
    """Whether this project wrote the file."""
    return "schema_version" in checkpoint.metadata


def _metadata(conversion: Conversion) -> WeightsMetadata:
    notes = conversion.model_dump(include={"arch", "epoch", "best_top1_percent"}, exclude_none=True)
    return WeightsMetadata(
        **conversion.model_dump(
            include={"model", "options", "variant", "num_classes", "source", "source_sha256"}
        ),
        conversion_version=CONVERSION_VERSION,
        notes=notes,
    )
