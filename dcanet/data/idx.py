"""MNIST's idx files, also those of data sets in its form (Fashion-MNIST, arXiv 1708.07747)."""

import gzip
import hashlib
import struct
import zlib
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ..errors import UserError
from .ground_truth import CLASS_LIST, read_class_list
from .pixels import split_of_pixels
from .split import Split

#: The first word of a file: bytes in three dimensions, and in one.
IMAGES, LABELS = 0x0803, 0x0801
PREFIX = {"train": "train", "val": "t10k", "test": "t10k"}
#: Bytes that a file of images may have at most.
MOST_BYTES = 1 << 31

FASHION_MNIST = (
    "T-shirt/top",
    "Trouser",
    "Pullover",
    "Dress",
    "Coat",
    "Sandal",
    "Shirt",
    "Sneaker",
    "Bag",
    "Ankle boot",
)
#: SHA-256 of the labels that Fashion-MNIST has: MNIST's files have the same names and say no classes either.
FASHION_LABELS = {
    "657fbd221bfc9f4198cc14b5619cc33ec57c58dd0e47af4d99d6650759e869a7",  # train
    "3d0e6c6ea990b53b6f8f500a41cac93881d981b315f84578b7d915342ade01e9",  # t10k
}


def find_idx(root: Path, split: str) -> Split | None:
    """train-*, or t10k-* for every other split, packed by gzip or not; None where there are no idx files.

    Classes are called by a classes.txt beside the files, else as Fashion-MNIST's where the labels are its,
    else by their numbers.

    Raises:
        UserError: files that are missing, cut or of another kind, or that do not belong together.
    """
    for place in (root, root / "raw"):  # where torchvision has them
        images = _file(place, PREFIX[split], "images", 3)
        labels = _file(place, PREFIX[split], "labels", 1)
        if images and labels:
            return _read(images, labels, split)
        if one := images or labels:
            other = "labels" if images else "images"
            raise UserError(f"{one}: the file of {other} is not beside it; fetch it too")
    return None


def _file(place: Path, prefix: str, what: str, dimensions: int) -> Path | None:
    names = [f"{prefix}-{what}{dot}idx{dimensions}-ubyte" for dot in "-."]
    paths = [place / f"{name}{suffix}" for name in names for suffix in ("", ".gz")]
    return next((path for path in paths if path.is_file()), None)


def _read(images: Path, labels: Path, split: str) -> Split:
    pixels, targets = read_idx(images, IMAGES), read_idx(labels, LABELS)
    if len(pixels) != len(targets):
        raise UserError(
            f"{labels}: has {len(targets):,} labels, {images.name} has {len(pixels):,} images; fetch both "
            "again"
        )
    names = read_class_list(images.parent)
    if names is not None and len(targets) and int(targets.max()) >= len(names):
        raise UserError(
            f"{images.parent / CLASS_LIST}: names {len(names)} classes, but {labels.name} has label "
            f"{targets.max()}; name them all, one a line"
        )
    if names is None and hashlib.sha256(targets).hexdigest() in FASHION_LABELS:
        names = list(FASHION_MNIST)
    numbers = [str(number) for number in range(256)]
    return split_of_pixels(split, "idx files", str(images), pixels, targets, names or numbers)


def read_idx(path: Path, magic: int) -> NDArray[np.uint8]:
    """The bytes of an idx file in their shape; the magic number says how many dimensions there are.

    Raises:
        UserError: another magic number, or fewer or more bytes than its header says.
    """
    try:
        with gzip.open(path) if path.suffix == ".gz" else open(path, "rb") as file:
            header = file.read(4 + 4 * (magic & 0xFF))
            found, *shape = struct.unpack(f">{1 + (magic & 0xFF)}I", header)
            if found != magic:
                raise UserError(f"{path}: begins with {found:#06x} where an idx file has {magic:#06x}")
            size = int(np.prod(shape, dtype=object))
            if size > MOST_BYTES:
                raise UserError(
                    f"{path}: says that it holds {size:,} bytes, which is too much; fetch it again"
                )
            data = file.read(size + 1)
    except struct.error:
        raise UserError(f"{path}: ends within its header; fetch it again") from None
    except (EOFError, OSError, zlib.error) as error:
        raise UserError(f"{path}: cannot be read ({error}); fetch it again") from error
    if len(data) != size:
        problem = "ends early" if len(data) < size else "goes on"
        raise UserError(f"{path}: holds {size:,} bytes by its header, but {problem}; fetch it again")
    return np.frombuffer(data, np.uint8).reshape(shape)
