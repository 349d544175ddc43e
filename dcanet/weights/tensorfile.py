"""Writing safetensors one tensor at a time; the format is at github.com/huggingface/safetensors.

The library's own `save_file` wants all tensors at once. Half-precision files widened to float32 would
then stand in memory two times over.
"""

import json
from collections.abc import Callable, Mapping
from pathlib import Path

import torch
from torch import Tensor

from ..files import atomic_path

_TYPES = {
    torch.float64: "F64",
    torch.float32: "F32",
    torch.bfloat16: "BF16",
    torch.float16: "F16",
    torch.int64: "I64",
}


def write_tensors(
    path: Path, layout: Mapping[str, Tensor], value_of: Callable[[str], Tensor], metadata: Mapping[str, str]
) -> None:
    """Write atomically; `layout` gives types and shapes (on any device), `value_of` each tensor in turn."""
    # Widest type first: every tensor then begins at a multiple of its own size.
    names = sorted(layout, key=lambda name: (-layout[name].element_size(), name))
    header: dict[str, object] = {"__metadata__": dict(sorted(metadata.items()))}
    end = 0
    for name in names:
        begin, end = end, end + layout[name].numel() * layout[name].element_size()
        header[name] = {
            "dtype": _TYPES[layout[name].dtype],
            "shape": list(layout[name].shape),
            "data_offsets": [begin, end],
        }
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    with atomic_path(path) as temporary, open(temporary, "wb") as file:
        file.write(len(text).to_bytes(8, "little") + text)
        for name in names:
            value = value_of(name).detach().to("cpu", layout[name].dtype)
            file.write(value.reshape(-1).contiguous().view(torch.uint8).numpy().data)
