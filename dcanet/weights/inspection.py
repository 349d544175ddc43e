"""What is in a checkpoint, whether or not it can be converted: `dcanet weights inspect`."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..errors import UserError
from ..files import sha256
from .conversion import recognise
from .mismatch import StateDictMismatch
from .networks import variant_of
from .opening import open_checkpoint
from .translation import split_prefix


@dataclass(frozen=True)
class Inspection:
    """The file as it is, and either the model it belongs to or the problem with it."""

    path: Path
    size: int
    sha256: str
    container: str
    tensors: int
    elements: int
    types: list[str]
    prefix: str
    arch: str | None
    epoch: int | None
    best_top1_percent: float | None
    model: str | None = None
    options: dict[str, Any] | None = None
    variant: dict[str, Any] | None = None
    remarks: tuple[str, ...] = ()
    problem: str | None = None
    missing: tuple[str, ...] = ()
    unexpected: tuple[str, ...] = ()
    mis_shaped: tuple[str, ...] = ()


def inspect(path: Path, form: str | None = None) -> Inspection:
    """Look into a checkpoint; UserError only where it cannot be opened."""
    checkpoint = open_checkpoint(path)
    values = checkpoint.state_dict.values()
    facts: dict[str, Any]
    try:
        model, remarks = recognise(checkpoint, form)
        name, options = model.model_name, model.model_options
        facts = {"model": name, "options": options, "variant": variant_of(name, options)}
        facts["remarks"] = tuple(remarks)
    except UserError as error:
        facts = {"problem": str(error)}
        if isinstance(misfit := error.__cause__, StateDictMismatch):
            facts |= {"missing": misfit.missing, "unexpected": misfit.unexpected}
            facts |= {"mis_shaped": misfit.mis_shaped}
    return Inspection(
        path=checkpoint.path,
        size=checkpoint.path.stat().st_size,
        sha256=sha256(path),
        container=checkpoint.container,
        tensors=len(values),
        elements=sum(value.numel() for value in values),
        types=sorted({str(value.dtype).removeprefix("torch.") for value in values}),
        prefix=split_prefix(checkpoint.state_dict),
        arch=checkpoint.arch,
        epoch=checkpoint.epoch,
        best_top1_percent=checkpoint.best_top1_percent,
        **facts,
    )
