"""Which files of a Hugging Face data set belong to a split."""

import json
import os
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ..errors import UserError
from .spelling import SPELLINGS, part_for

#: Beside the parts of a saved data set, and beside the Arrow files of one part.
PARTS, STATE = "dataset_dict.json", "state.json"
_WORDS = {name for names in SPELLINGS.values() for name in names}


def find_files(root: Path, split: str) -> tuple[str, list[Path]] | None:
    """("saved" or "parquet", the files in their order), or None where there is nothing of the split.

    Raises:
        UserError: several data sets side by side, or a description that cannot be read.
    """
    if (root / PARTS).is_file():
        saved = part_for(split, _strings(root / PARTS, "splits"))
        return ("saved", _arrow_files(root / saved)) if saved else None
    if (root / STATE).is_file():
        own = _read(root / STATE).get("_split")
        known = isinstance(own, str) and part_for("test" if split == "test" else split, [own])
        return ("saved", _arrow_files(root)) if known or (split == "test" and not own) else None
    parts = _parquet_parts(root)
    part = part_for(split, parts)
    return ("parquet", parts[part]) if part else None


def _arrow_files(folder: Path) -> list[Path]:
    entries = _read(folder / STATE).get("_data_files")
    named = [entry.get("filename") for entry in entries or () if isinstance(entry, dict)]
    names = [name for name in named if isinstance(name, str) and Path(name).name == name]
    if not names or len(names) < len(named):
        raise UserError(f"{folder / STATE}: names no data files beside it; save the data set again")
    for name in names:
        if not os.path.isfile(folder / name):  # Path's own raises where no path can be so long
            raise UserError(f"{folder / name}: no such file, but {STATE} names it; copy the whole folder")
    return [folder / name for name in names]


def _parquet_parts(root: Path) -> dict[str, list[Path]]:
    """<part>-*.parquet or <part>/*.parquet, there or in the folder of the data set's configuration."""
    # Deeper only below these names: the folders of a large data set of another layout are not all listed.
    depths = [("",), ("*/",), [f"*/{word}/" for word in sorted(_WORDS)]]
    paths = next((found for depth in depths if (found := _visible(root, depth))), [])
    parts: dict[str, list[Path]] = {}
    homes: dict[Path, None] = {}
    for path in paths:
        words = [path.parent.name.lower()] if path.parent != root else []
        in_folder = bool(words) and words[0] in _WORDS
        words += re.findall("[a-z]+", path.stem.lower())
        if part := next((word for word in words if word in _WORDS), None):
            parts.setdefault(part, []).append(path)
            homes[path.parent.parent if in_folder else path.parent] = None
    if len(homes) > 1:
        one, other, *_ = homes
        raise UserError(f"{root}: has the data sets {one.name} and {other.name}; name one of these folders")
    return parts


def _visible(root: Path, folders: Sequence[str]) -> list[Path]:
    found = sorted(path for folder in folders for path in root.glob(f"{folder}*.parquet"))
    return [path for path in found if not any(p.startswith(".") for p in path.relative_to(root).parts)]


def _strings(path: Path, key: str) -> list[str]:
    values = _read(path).get(key)
    if not isinstance(values, list) or not all(isinstance(value, str) for value in values):
        raise UserError(f"{path}: has no list {key!r}; save the data set again")
    return values


def _read(path: Path) -> dict[str, Any]:
    try:
        content = json.loads(path.read_bytes())
    except (OSError, ValueError, RecursionError) as error:
        raise UserError(f"{path}: cannot be read ({error}); save the data set again") from error
    return content if isinstance(content, dict) else {}
