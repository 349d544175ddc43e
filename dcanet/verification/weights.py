"""What a safetensors file says of itself, from its header alone: nothing is loaded and no torch is needed.

The format is at github.com/huggingface/safetensors.
"""

import json
import math
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from ..errors import first_problem
from .files import Files

#: As the format's own library has it.
LONGEST_HEADER = 100_000_000
BYTES = {"F64": 8, "F32": 4, "BF16": 2, "F16": 2, "I64": 8}
#: Entries of a state dict that no gradient moves.
BUFFERS = ("running_mean", "running_var", "num_batches_tracked")


class Said(BaseModel):
    """The header's text, each value as JSON."""

    model_config = ConfigDict(extra="allow")
    model: str
    options: dict[str, Any]
    num_classes: int = Field(ge=1)
    source: str
    notes: dict[str, Any] = {}


@dataclass(frozen=True)
class Weights:
    """Names with their shapes, and what the file says of itself."""

    said: Said
    shapes: dict[str, tuple[int, ...]]

    def parameters(self, part: str = "") -> int:
        """Learnable numbers, of all tensors or of those with this name on their path."""
        return sum(
            math.prod(shape)
            for name, shape in self.shapes.items()
            if not name.endswith(BUFFERS) and (not part or part in name.split("."))
        )


def read_weights(files: Files, path: str) -> Weights | None:
    """From a file that is whole; None, and a problem, where it is not."""
    if files.sha256(path) is None:
        return None
    try:
        header, length = _header(files, path)
        shapes, end = _shapes(header)
        size = (files.root / path).stat().st_size
        if size != 8 + length + end:
            raise ValueError(f"{size:,} bytes for tensors that end at {8 + length + end:,}")
        said = Said.model_validate({key: json.loads(text) for key, text in header["__metadata__"].items()})
    except ValidationError as error:
        _, where, message = first_problem(error)
        files.findings.problem(files.at(path), f"metadata {where}", message, "something else")
        return None
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        files.findings.problem(files.at(path), "", "a whole safetensors file of this project", error)
        return None
    return Weights(said, shapes)


def _header(files: Files, path: str) -> tuple[dict[str, Any], int]:
    with open(files.root / path, "rb") as file:
        length = int.from_bytes(file.read(8), "little")
        if not 2 <= length <= LONGEST_HEADER:
            raise ValueError(f"a header of {length:,} bytes")
        text = file.read(length)
    header = json.loads(text)
    if len(text) < length or not isinstance(header, dict):
        raise ValueError("a cut header")
    return header, length


def _shapes(header: dict[str, Any]) -> tuple[dict[str, tuple[int, ...]], int]:
    """Shapes by name, and where the last tensor ends; each begins where the one before ends."""
    entries = {name: entry for name, entry in header.items() if name != "__metadata__"}
    end = 0
    for name, entry in sorted(entries.items(), key=lambda item: item[1]["data_offsets"]):
        start, stop = entry["data_offsets"]
        if start != end or stop - start != math.prod(entry["shape"]) * BYTES[entry["dtype"]]:
            raise ValueError(f"{name} at {start} to {stop}, which does not fit its shape or neighbours")
        end = stop
    return {name: tuple(entry["shape"]) for name, entry in entries.items()}, end
