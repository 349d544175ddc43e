"""CIFAR-10 and CIFAR-100 as their authors distribute them (Krizhevsky 2009)."""

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import UserError
from .array_pickle import read_pickle
from .cifar_files import Version, find_version, read_files
from .pixels import split_of_pixels
from .split import Split

SIDE = 32
PIXELS = 3 * SIDE * SIDE

#: Pixels (N, 3, 32, 32) and labels (N,).
_Batch = tuple[NDArray[np.uint8], NDArray[np.uint8]]


def find_cifar(root: Path, split: str) -> Split | None:
    """The training images, or the test images for every other split; None where there is no CIFAR.

    Raises:
        UserError: files that are missing, cut or of another form.
    """
    found = find_version(root)
    if found is None:
        return None
    version, place = found
    parts = version.parts["train" if split == "train" else "test"]
    files = read_files(version, place, (*parts, version.names))
    read = _binary if version.binary else _pickled
    batches = [read(version, f"{place}: {name}", files[name]) for name in parts]
    form = "binary" if version.binary else "Python"
    return split_of_pixels(
        split,
        f"{version.title}, {form} version",
        str(place),
        np.concatenate([pixels for pixels, _ in batches]),
        np.concatenate([labels for _, labels in batches]),
        _class_names(version, f"{place}: {version.names}", files[version.names]),
    )


def _binary(version: Version, source: str, data: bytes) -> _Batch:
    """Records of one label (CIFAR-100: a coarse and a fine one) and the pixels, red, green, blue."""
    record = version.labels + PIXELS
    if not data or len(data) % record:
        raise UserError(
            f"{source}: has {len(data):,} bytes, which is no multiple of {record:,}; fetch it again"
        )
    records = np.frombuffer(data, np.uint8).reshape(-1, record)
    return records[:, version.labels :].reshape(-1, 3, SIDE, SIDE), records[:, version.labels - 1]


def _pickled(version: Version, source: str, data: bytes) -> _Batch:
    content = _unpickled(version, source, data)
    pixels = content.get("data")
    labels = content.get("fine_labels" if version.title == "CIFAR-100" else "labels")
    if not isinstance(pixels, np.ndarray) or pixels.ndim != 2 or pixels.shape[1] != PIXELS:
        raise UserError(f"{source}: has no array 'data' of {PIXELS:,} bytes an image; fetch it again")
    if (
        not isinstance(labels, list)
        or len(labels) != len(pixels)
        or not all(type(label) is int and 0 <= label < 256 for label in labels)
    ):
        raise UserError(f"{source}: has not one label for each of {len(pixels):,} images; fetch it again")
    return pixels.reshape(-1, 3, SIDE, SIDE), np.array(labels, np.uint8)


def _class_names(version: Version, source: str, data: bytes) -> list[str]:
    if version.binary:
        return [line.strip() for line in data.decode(errors="replace").splitlines() if line.strip()]
    key = "fine_label_names" if version.title == "CIFAR-100" else "label_names"
    names = _unpickled(version, source, data).get(key)
    if not isinstance(names, list) or not all(isinstance(name, bytes | str) for name in names):
        raise UserError(f"{source}: has no list {key!r}; fetch it again")
    return [name.decode(errors="replace") if isinstance(name, bytes) else name for name in names]


def _unpickled(version: Version, source: str, data: bytes) -> dict[str, Any]:
    return read_pickle(data, source, f"take the binary version of {version.title}, which needs no pickles")
