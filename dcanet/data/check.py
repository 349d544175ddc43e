"""Whether a data set is what training and evaluation need: all there, decodable, in the right classes."""

import os
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

import numpy as np

from ..documents import Dataset
from .describe import classes_in_one_split, dataset_of
from .imagenet import strangers
from .locate import list_split, present_splits
from .scan import PROMISED, Look, scan_images
from .split import Split


@dataclass(frozen=True)
class Check:
    """The document of a data set with what the check found, and its splits to name images by."""

    dataset: Dataset
    splits: list[Split]
    wrong_classes: list[str]  # are not ImageNet's where most are
    lone_classes: list[tuple[str, str]]  # (split, class): are in one split only

    @property
    def bad_images(self) -> int:
        """How many images cannot be decoded."""
        return sum(len(facts.bad_images) for facts in self.dataset.splits.values())


def check(root: Path, workers: int | None = None, splits: Sequence[str] = ()) -> Check:
    """List and decode every image of a data set; `workers` processes, by default one for each core.

    Raises:
        UserError: the data set cannot be listed.
    """
    listed = [list_split(root, name) for name in splits] if splits else present_splits(root)
    dataset = dataset_of(Path(root).resolve().name, listed)
    contents: list[np.ndarray] = []
    for split in listed:
        facts = dataset.splits[split.name]
        hashes = np.empty(len(split.images), dtype=np.uint64)
        for index, look in enumerate(scan_images(split, workers or cores())):
            hashes[index] = look.content
            if look.broken:
                facts.bad_images[split.images[index]] = look.broken
            elif kind := remark(split.images[index], look):
                facts.notes.setdefault(kind, []).append(split.images[index])
        contents.append(hashes)
    broken = [dataset.splits[split.name].bad_images for split in listed]
    dataset.duplicates = duplicates(listed, contents, broken)
    return Check(dataset, listed, strangers(dataset.classes), classes_in_one_split(listed))


def cores() -> int:
    """That this process may use, where the system says."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def odd_counts(per_class: dict[str, int]) -> dict[str, int]:
    """The classes with less than half or more than twice the median number of images."""
    middle = median(per_class.values())
    return {label: count for label, count in per_class.items() if not middle / 2 <= count <= middle * 2}


def remark(image: str, look: Look) -> str | None:
    """What is unusual but fine about an image that can be decoded; `image` ends with its file's suffix."""
    suffix = image.rsplit(".", 1)[-1]
    if PROMISED[suffix.lower()] != look.format:
        return f"{look.format} named .{suffix}"
    if look.mode in ("L", "1", "I", "I;16", "F", "LA"):
        return "greyscale"
    return None if look.mode == "RGB" else look.mode


def duplicates(
    splits: Sequence[Split], contents: Sequence[np.ndarray], broken: Sequence[Collection[str]]
) -> list[list[str]]:
    """Groups of "<split>/<id>" with the same bytes, but for broken images; those across splits first.

    `contents` are the hashes of each split's images, `broken` the ids of each split's.
    """
    hashes = np.concatenate(contents)
    starts = np.cumsum([0, *(len(split.images) for split in splits)])
    order = np.argsort(hashes, kind="stable")
    edges = np.flatnonzero(np.diff(hashes[order])) + 1
    groups = []
    for group in np.split(order, edges):
        if len(group) < 2:
            continue
        members = []
        for position in group.tolist():
            which = int(np.searchsorted(starts, position, side="right")) - 1
            image = splits[which].images[position - int(starts[which])]
            if image not in broken[which]:
                members.append(f"{splits[which].name}/{image}")
        if len(members) > 1:
            groups.append(members)
    return sorted(groups, key=lambda group: (len({name.split("/")[0] for name in group}) == 1, group))
