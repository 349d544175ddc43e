"""Data sets of Hugging Face's library: saved by save_to_disk, or Parquet files as fetched from its hub.

Both say in the files' own schema which columns are images and classes, so pyarrow is all that is needed.
"""

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ..errors import UserError
from .arrow_images import ArrowImages, encoded, read_column, read_schema, refuse_beyond_memory
from .class_names import as_folders
from .huggingface_files import find_files
from .imagenet import wnids
from .split import Split, arrange, is_image

LAYOUTS = {"saved": "Hugging Face, saved to disk", "parquet": "Hugging Face, Parquet files"}
#: Columns that are taken where there are several, the preferred first.
IMAGE_COLUMNS = ("image", "img")
LABEL_COLUMNS = ("label", "labels", "fine_label", "class", "target")
#: How the formats of images begin.
SIGNS = {b"\x89PNG": "png", b"\xff\xd8\xff": "jpg", b"RIFF": "webp", b"BM": "bmp"}


@dataclass(frozen=True)
class _Columns:
    """Names of the columns of images and of classes, and the classes' names where labels are numbers."""

    image: str
    label: str
    names: list[str] | None


def find_huggingface(root: Path, split: str) -> Split | None:
    """A split of the data set in a folder; None where there is none.

    An image is called as the data set calls it, as <class>/<file name>, where these names are all there and
    differ, else by its place.

    Raises:
        UserError: files that are not whole, no column of images or of classes, rows without one.
    """
    found = find_files(root, split)
    if found is None:
        return None
    layout, files = found
    columns = _columns(files[0], read_schema(files[0]))
    refuse_beyond_memory(files, columns.image)
    labels: list[Any] = []
    images: list[pa.ChunkedArray] = []
    for path in files:
        if missing := {columns.image, columns.label} - set(read_schema(path).names):
            raise UserError(
                f"{path}: has no column {missing.pop()!r}, as {files[0].name} has; fetch it again"
            )
        labels += read_column(path, columns.label).to_pylist()
        images.append(read_column(path, columns.image))
    counts = [len(part) for part in images]
    storage = ArrowImages(
        files,
        columns.image,
        np.repeat(np.arange(len(files)), counts),
        np.concatenate([np.arange(count) for count in counts]),
    )
    sizes = [size for part in images for size in pc.binary_length(encoded(part)).to_pylist()]
    if not sizes:
        raise UserError(f"{files[0]}: holds no images; fetch it again")
    for index, (size, label) in enumerate(zip(sizes, labels, strict=True)):
        if size is None:
            raise UserError(f"{storage.where(index)}: holds no image; save the data set by save_to_disk")
        if label is None or label == -1:
            raise UserError(f"{storage.where(index)}: has no label in {columns.label!r}; leave such rows out")
    classes = _classes(labels, columns, storage)
    return arrange(split, LAYOUTS[layout], classes, _file_names(images, classes), sizes, storage)


def _classes(labels: Sequence[Any], columns: _Columns, storage: ArrowImages) -> list[str]:
    if columns.names is None:
        kinds = sorted({str(label) for label in labels})
        names = dict(zip(kinds, as_folders(kinds, str(storage.files[0])), strict=True))
        return [names[str(label)] for label in labels]
    folders = as_folders(columns.names, str(storage.files[0]))
    for index, label in enumerate(labels):
        if not 0 <= label < len(folders):
            raise UserError(
                f"{storage.where(index)}: has label {label}, there are {len(folders)} classes; fetch it again"
            )
    return [folders[label] for label in labels]


def _file_names(images: Sequence[pa.ChunkedArray], classes: Sequence[str]) -> list[str]:
    """The data set's own where they will do, else the place of each image with its format's suffix."""
    names: list[str | None] = []
    for part in images:
        own = pa.types.is_struct(part.type) and part.type.get_field_index("path") >= 0
        paths = pc.struct_field(part, "path").to_pylist() if own else [None] * len(part)
        names += [path.replace("\\", "/").rsplit("/", 1)[-1] if path else None for path in paths]
    differ = max(Counter(zip(classes, names, strict=True)).values()) == 1
    if differ and all(name and is_image(name) for name in names):
        return [str(name) for name in names]
    starts = (start for part in images for start in pc.binary_slice(encoded(part), 0, 4).to_pylist())
    return [f"{number:06d}.{_suffix(start)}" for number, start in enumerate(starts)]


def _suffix(start: bytes) -> str:
    return next((suffix for sign, suffix in SIGNS.items() if start.startswith(sign)), "png")


def _columns(path: Path, schema: pa.Schema) -> _Columns:
    features = _features(schema)
    of_images = [name for name in schema.names if features.get(name, {}).get("_type") == "Image"]
    of_images = of_images or [name for name in schema.names if _looks_like_images(schema.field(name).type)]
    image = _choose(path, "images", of_images, IMAGE_COLUMNS)
    of_classes = [name for name in schema.names if features.get(name, {}).get("_type") == "ClassLabel"]
    of_classes = of_classes or [name for name in LABEL_COLUMNS if name in schema.names]
    label = _choose(path, "classes", of_classes, LABEL_COLUMNS)
    names = features.get(label, {}).get("names")
    if names is not None and not (isinstance(names, list) and all(isinstance(name, str) for name in names)):
        raise UserError(f"{path}: its schema has no names of the classes in {label!r}; save it again")
    if names and len(names) == len(wnids()) and names[0].startswith("tench"):
        names = list(wnids())  # the hub's ImageNet names them in words, in the order of their wnids
    kind = schema.field(label).type
    if not (pa.types.is_integer(kind) or (names is None and pa.types.is_string(kind))):
        raise UserError(f"{path}: column {label!r} holds {kind}; classes must be whole numbers or texts")
    return _Columns(image, label, names)


def _choose(path: Path, what: str, found: Sequence[str], preferred: Sequence[str]) -> str:
    if len(found) == 1:
        return found[0]
    if chosen := next((name for name in preferred if name in found), None):
        return chosen
    several = f"has several columns of {what} ({', '.join(found)})" if found else f"has no column of {what}"
    raise UserError(f"{path}: {several}; call the one to take {preferred[0]!r}")


def _features(schema: pa.Schema) -> dict[str, Any]:
    """What the library writes of the columns into the schema of every file; nothing without it."""
    try:
        content = json.loads((schema.metadata or {})[b"huggingface"])
        return {
            name: feature
            for name, feature in content["info"]["features"].items()
            if isinstance(feature, dict)
        }
    except (KeyError, TypeError, ValueError, AttributeError, RecursionError):
        return {}


def _looks_like_images(kind: pa.DataType) -> bool:
    if not pa.types.is_struct(kind) or kind.get_field_index("bytes") < 0:
        return False
    inner = kind.field("bytes").type
    return bool(pa.types.is_binary(inner) or pa.types.is_large_binary(inner))
