"""Splits inside tar archives: the original ImageNet archives and WebDataset-style shards."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from tqdm import tqdm

from ..errors import UserError
from .archive import Index
from .archive_cache import cached_index
from .ground_truth import CLASS_LIST, find_ground_truth, read_class_list
from .imagenet import are_indices, class_named, refuse_strangers
from .split import Split, arrange
from .storage import ArchiveMembers
from .strings import Strings

#: Folders inside archives that are no classes.
NO_CLASSES = {"", ".", "train", "training", "val", "valid", "validation", "test", "images"}


def read_archives(
    archives: Sequence[Path], name: str, layout: str, places: Sequence[Path], numbered: bool = False
) -> Split:
    """All images of the archives.

    Their classes are the labels beside them (key.cls, key.json; a number is an index into the sorted wnids,
    or into classes.txt beside the archives), else the folders inside the archives, else, where no image has
    either, a ground truth in one of the places. With `numbered`, folders 0 to 999 are indices too.

    Raises:
        UserError: a broken archive, images without a class, unknown classes; the archive is named.
    """
    indices: list[Index] = []
    states: list[tuple[int, int]] = []
    for path in tqdm(archives, desc=f"index {name}", unit="archive", leave=False, delay=1, disable=None):
        status = path.stat()
        states.append((status.st_size, status.st_mtime_ns))
        indices.append(cached_index(path))
        if not len(indices[-1].names):
            raise UserError(f"{path}: holds no images; remove it, or pack it with images inside")

    names = [name for index in indices for name in index.names]
    archive = np.repeat(np.arange(len(archives), dtype=np.int32), [len(index.names) for index in indices])
    storage = ArchiveMembers(
        archives,
        states,
        Strings(names),
        archive,
        np.concatenate([index.offsets for index in indices]),
        np.concatenate([index.sizes for index in indices]),
    )
    files = [name.rsplit("/", 1)[-1] for name in names]
    labels = [label for index in indices for label in index.labels]
    folders = [_folder(name) for name in names]
    if not any(labels) and not any(folders):
        truth = find_ground_truth(places, name, archives[0])
        classes = truth.classes_of(files, _words(archives))
    else:
        classes = _classes(labels, folders, storage, numbered)
        if any(labels):  # odd folders are a check's business, as in an image folder
            refuse_strangers(set(classes), _words(archives))
    return arrange(name, layout, classes, files, storage.sizes.tolist(), storage)


def _classes(
    labels: Sequence[str], folders: Sequence[str], storage: ArchiveMembers, numbered: bool
) -> list[str]:
    """By label, else by folder."""
    numbered_folders = {folder for folder in folders if folder}
    numbered = (numbered or len(numbered_folders) == 1000) and are_indices(numbered_folders)
    class_list = read_class_list(Path(storage.archives[0]).parent)
    known: dict[tuple[str, str], str] = {}
    classes = []
    for index, pair in enumerate(zip(labels, folders, strict=True)):
        if pair not in known:
            label, folder = pair
            if not label and not folder:
                raise UserError(
                    f"{storage.where(index)}: has no label; shards need <key>.cls or <key>.json beside it"
                )
            try:
                known[pair] = class_named(label, class_list) if label else folder
                if numbered and not label:
                    known[pair] = class_named(folder)
            except UserError as error:
                fix = f"correct it, or list the classes in a {CLASS_LIST} beside the shards"
                raise UserError(f"{storage.where(index)}: {error}; {fix}") from error
        classes.append(known[pair])
    return classes


def _folder(name: str) -> str:
    """The class folder of a member, "" where there is none."""
    folder = name.rpartition("/")[0].rpartition("/")[2]
    return "" if folder in NO_CLASSES else folder


def _words(archives: Sequence[Path]) -> str:
    more = f" and {len(archives) - 1} more" if len(archives) > 1 else ""
    return f"{archives[0]}{more}"
