"""Which layout a data set's folder has, found from what lies in it."""

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from ..errors import UserError
from .cifar import find_cifar
from .folder import Content, content_of, read_class_folders, read_flat
from .huggingface import find_huggingface
from .idx import find_idx
from .shards import read_archives
from .spelling import SPELLINGS, part_for
from .split import Split

#: Where Kaggle's download has the images.
KAGGLE_FOLDERS = (".", "ILSVRC/Data/CLS-LOC", "Data/CLS-LOC")
#: Folders of a split as patterns, the preferred first.
FOLDERS = {
    "train": (*SPELLINGS["train"], "ILSVRC2012_img_train"),
    "val": (*SPELLINGS["val"], "ILSVRC2012_img_val"),
    "test": (*SPELLINGS["test"], "imagenetv2-*-format-val", *SPELLINGS["val"]),
}
#: Layouts that are known by their files' names. Each gives the split that it finds in a folder, or None.
OTHERS = (find_cifar, find_idx, find_huggingface)


class NoSuchSplit(UserError):
    """The folder has nothing of this split."""


def list_split(root: Path, split: str) -> Split:
    """The images of a split ("train", "val", "test") of the data set in a folder, whatever its layout.

    Raises:
        NoSuchSplit: there is nothing that could be it; the message says what was looked for.
        UserError: it is there and broken: no classes, a class without images, no ground truth, ...
    """
    root = Path(root)
    if not root.is_dir():
        what = "a file" if root.exists() else "no such folder"
        raise NoSuchSplit(f"{root}: {what}; name the folder that holds the data set")
    try:
        return _find(root, split)
    except OSError as error:
        raise UserError(f"{error.filename or root}: cannot be read ({error.strerror or error})") from error


def present_splits(root: Path) -> list[Split]:
    """Train and val as far as they are there; where neither is, the folder as a test set.

    Raises:
        UserError: none of them is there, or one of them is broken.
    """
    found: list[Split] = []
    problem: NoSuchSplit | None = None
    for name in ("train", "val", "test"):
        if name == "test" and found:
            break
        try:
            found.append(list_split(root, name))
        except NoSuchSplit as error:
            problem = problem or error
        except UserError as error:
            if name == "test":
                raise UserError(f"{problem}; as a test set: {error}") from error
            raise
    if not found and problem:
        raise problem
    return found


def _find(root: Path, split: str) -> Split:
    empty: Path | None = None
    for base in dict.fromkeys(root / folder for folder in KAGGLE_FOLDERS):
        places = _places(base, root)
        for folder in _folders(base, split):
            if found := _read(folder, split, places, root):
                return found
            empty = empty or folder
        original = base / f"ILSVRC2012_img_{split}.tar"
        if original.is_file():
            return read_archives([original], split, "tar archives", places)
        if base.is_dir() and (found := _read_shards(base, content_of(base), split, places)):
            return found
    for find in OTHERS:
        if found := find(root, split):
            return found
    parts = [name for names in SPELLINGS.values() for name in names if (root / name).is_dir()]
    if split == "val" and part_for("train", parts) and (part := part_for("val", parts)):
        classes = content_of(root / part).folders
        if classes:  # unlabelled test images are no val
            return read_class_folders(root / part, split, classes)
    alone = split == "test" and not parts
    if alone and (found := _read(root, split, [root], root)):
        return found
    if empty:
        raise UserError(f"{empty}: has no class folders; expected {split}/<class>/<image>")
    raise NoSuchSplit(f"{root / split}: no such folder; {_expected(root, split)}")


def _folders(base: Path, split: str) -> Iterator[Path]:
    """Folders that could hold the split."""
    for pattern in FOLDERS[split]:
        found = sorted(folder for folder in base.glob(pattern) if folder.is_dir())
        if len(found) > 1:
            raise UserError(f"{base}: has {found[0].name} and {found[1].name}; name one of the two folders")
        yield from found


def _read(folder: Path, split: str, places: Sequence[Path], root: Path) -> Split | None:
    """The images of a folder that holds nothing but the split; None when it holds no images."""
    content = content_of(folder)
    if content.folders and content.images:
        raise UserError(
            f"{folder}: holds class folders and {len(content.images):,} images beside them, e.g. "
            f"{next(iter(content.images))}; move these into their classes"
        )
    if content.folders:
        # ImageNetV2 comes without the data set that it tests; in a data set of digits "7" is a seven.
        numbered = split == "test" and not (root / "train").is_dir()
        return read_class_folders(folder, split, content.folders, numbered)
    if content.images:
        return read_flat(folder, split, content.images, [*places, folder])
    if content.archives:
        paths = [folder / name for name in content.archives]
        return read_archives(paths, split, "tar shards", [*places, folder], numbered=split == "test")
    _refuse_compressed(folder, content.compressed)
    return None


def _read_shards(base: Path, content: Content, split: str, places: Sequence[Path]) -> Split | None:
    """Shards <base>/*<split>*.tar."""
    if chosen := _named(content.archives, split):
        paths = [base / name for name in chosen]
        return read_archives(paths, split, "tar shards", places, numbered=split == "test")
    _refuse_compressed(base, _named(content.compressed, split))
    return None


def _named(names: Sequence[str], split: str) -> list[str]:
    """The names that say the split as a word, else those that have it in a word."""
    names = [name for name in names if "devkit" not in name.lower()]
    exact = [name for name in names if set(SPELLINGS[split]) & set(re.findall("[a-z]+", name.lower()))]
    return exact or [name for name in names if split in name.lower()]


def _refuse_compressed(folder: Path, names: Sequence[str]) -> None:
    if names:
        raise UserError(
            f"{folder / names[0]}: compressed archives cannot be read in place; decompress it to a .tar first"
        )


def _places(base: Path, root: Path) -> list[Path]:
    """Where ground truth is looked for: beside the images, and above Kaggle's ILSVRC/Data/CLS-LOC."""
    above = base.resolve().parents[:3] if base.resolve().name == "CLS-LOC" else ()
    return list(dict.fromkeys((base, root, *above)))


def _expected(root: Path, split: str) -> str:
    flat = " or flat images with ground truth" if split == "val" else ""
    return (
        f"the data set needs {split}/<class>/<image> below {root}{flat}, or ILSVRC2012_img_{split}.tar, or "
        f"shards named *{split}*.tar, or another layout of docs/data.md"
    )
