"""Images in plain files: a folder per class, or all in one folder with the classes in another file."""

import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from tqdm import tqdm

from ..errors import UserError
from .ground_truth import find_ground_truth
from .imagenet import are_indices, class_named
from .split import Split, arrange, is_image
from .storage import Files
from .strings import Strings


@dataclass
class Content:
    """What lies in a folder, by kind and in sorted order."""

    folders: list[str] = field(default_factory=list)
    images: dict[str, int] = field(default_factory=dict)  # and their sizes
    archives: list[str] = field(default_factory=list)
    compressed: list[str] = field(default_factory=list)


def content_of(folder: Path) -> Content:
    """Look into a folder; hidden entries are left out, links are followed."""
    content = Content()
    with os.scandir(folder) as entries:
        for entry in sorted(entries, key=lambda entry: entry.name):
            lower = entry.name.lower()
            if entry.name.startswith("."):
                continue
            if is_image(entry.name):
                content.images[entry.name] = _size(entry)
            elif lower.endswith(".tar"):
                content.archives.append(entry.name)
            elif lower.endswith((".tar.gz", ".tgz", ".tar.bz2", ".tar.xz", ".tar.zst")):
                content.compressed.append(entry.name)
            elif entry.is_dir():
                content.folders.append(entry.name)
    return content


def read_class_folders(folder: Path, name: str, classes: Sequence[str], numbered: bool = False) -> Split:
    """<folder>/<class>/<image>; folders inside a class are part of their images' file names.

    With `numbered`, folders 0 to 999 stand for ImageNet's sorted wnids.

    Raises:
        UserError: a class without images; the folder is named.
    """
    numbered = (numbered or len(classes) == 1000) and are_indices(classes)
    labels: list[str] = []
    files: list[str] = []
    paths: list[str] = []
    sizes: list[int] = []
    for entry in tqdm(classes, desc=f"list {name}", unit="class", leave=False, delay=1, disable=None):
        images = _images_below(folder / entry)
        if not images:
            raise UserError(f"{folder / entry}: class folder without images; fill it or remove it")
        labels += [class_named(entry) if numbered else entry] * len(images)
        files += images
        paths += [f"{entry}/{file}" for file in images]
        sizes += images.values()
    return arrange(name, "image folder", labels, files, sizes, Files(folder, Strings(paths)))


def read_flat(folder: Path, name: str, images: dict[str, int], places: Sequence[Path]) -> Split:
    """<folder>/<image>, all classes in one folder; their ground truth lies in one of the places.

    Raises:
        UserError: no ground truth, or one that belongs to other images.
    """
    truth = find_ground_truth(places, name, folder)
    files = list(images)
    classes = truth.classes_of(files, str(folder))
    layout = "flat images with ground truth"
    return arrange(name, layout, classes, files, list(images.values()), Files(folder, Strings(files)))


def _images_below(folder: Path, above: Sequence[Path] = ()) -> dict[str, int]:
    """The images of a folder and of those inside it, by their paths from there, and their sizes."""
    content = content_of(folder)
    if content.folders:
        here = folder.resolve()
        if here in above:
            raise UserError(f"{folder}: is a link to a folder that it lies in; remove the link")
        for inner in content.folders:
            found = _images_below(folder / inner, [*above, here])
            content.images |= {f"{inner}/{name}": size for name, size in found.items()}
    return content.images


def _size(entry: os.DirEntry[str]) -> int:
    try:
        return entry.stat().st_size
    except FileNotFoundError:  # a link to nothing: said when the image is read, and by `dcanet data check`
        return 0
