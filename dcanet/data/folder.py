"""Folders of images, one folder per class: <root>/<split>/<class>/<image>."""

import hashlib
from dataclasses import dataclass
from pathlib import Path

from PIL import Image, UnidentifiedImageError
from torch import Tensor
from torch.utils.data import Dataset as TorchDataset

from ..documents import Dataset
from ..errors import UserError
from .preprocessing import Transform

SUFFIXES = {".jpg", ".jpeg", ".png", ".bmp", ".ppm", ".webp"}


@dataclass(frozen=True)
class Split:
    """The images of one split in a fixed order: by class, then by name."""

    folder: Path
    classes: list[str]
    images: list[str]  # relative to the folder: their stable ids
    targets: list[int]


def list_split(root: Path, split: str) -> Split:
    """Images of <root>/<split>; classes are its sub-folders in sorted order.

    Raises:
        UserError: no such folder, no classes, or a class without images; the folder is named.
    """
    folder = Path(root) / split
    if not folder.is_dir():
        raise UserError(f"{folder}: no such folder; the data set needs {split}/<class>/<image> below {root}")
    classes = sorted(entry.name for entry in folder.iterdir() if entry.is_dir())
    if not classes:
        raise UserError(f"{folder}: has no class folders; expected {split}/<class>/<image>")
    images: list[str] = []
    targets: list[int] = []
    for target, name in enumerate(classes):
        found = sorted(file.name for file in (folder / name).iterdir() if file.suffix.lower() in SUFFIXES)
        if not found:
            raise UserError(f"{folder / name}: class folder without images; fill it or remove it")
        images += [f"{name}/{file}" for file in found]
        targets += [target] * len(found)
    return Split(folder, classes, images, targets)


def read_rgb(path: Path) -> Image.Image:
    """Decode an image as RGB; UserError names a file that cannot be decoded."""
    try:
        with Image.open(path) as image:
            return image.convert("RGB")
    except FileNotFoundError as error:
        raise UserError(f"{path}: image is missing") from error
    except (OSError, UnidentifiedImageError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
        raise UserError(f"{path}: not a readable image ({error}); replace or remove it") from error


class Images(TorchDataset[tuple[Tensor, int, int]]):
    """(image, target, index) of a split, preprocessed."""

    def __init__(self, split: Split, transform: Transform) -> None:
        self.split, self.transform = split, transform

    def __len__(self) -> int:
        return len(self.split.images)

    def __getitem__(self, index: int) -> tuple[Tensor, int, int]:
        image = read_rgb(self.split.folder / self.split.images[index])
        return self.transform(image), self.split.targets[index], index


def fingerprint(split: Split) -> str:
    """16 hex digits over the ids and sizes in bytes of all images."""
    digest = hashlib.sha256()
    for image in split.images:
        size = (split.folder / image).stat().st_size
        digest.update(f"{image}\t{size}\n".encode())
    return digest.hexdigest()[:16]


def describe(root: Path, name: str) -> Dataset:
    """Counts, classes and fingerprints of a data set's two splits; UserError when they disagree."""
    train, val = list_split(root, "train"), list_split(root, "val")
    if train.classes != val.classes:
        odd = sorted(set(train.classes) ^ set(val.classes))[0]
        raise UserError(f"{root}: train and val have different classes, e.g. {odd!r} is in one of them only")
    return Dataset(
        name=name,
        classes=train.classes,
        train_images=len(train.images),
        val_images=len(val.images),
        train_fingerprint=fingerprint(train),
        val_fingerprint=fingerprint(val),
    )
