"""What a COCO data set holds, without reading an image."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from ..errors import UserError
from ..files import hash_of
from .coco import CocoSplit, list_coco
from .coco_dataset import CategoryFacts, CocoDataset, CocoSplitFacts

#: Where COCO's evaluation parts small from medium and medium from large objects, in square pixels.
SMALL, LARGE = 32**2, 96**2


def describe_coco(root: Path, name: str, splits: Sequence[str] = ("train", "val")) -> CocoDataset:
    """Counts, categories and fingerprints; UserError when splits differ in categories, and as `list_coco`."""
    listed = [list_coco(root, split) for split in splits]
    if odd := categories_in_one_split(listed):
        both, (split, category) = " and ".join(splits), odd[0]
        raise UserError(f"{root}: {both} have different categories, e.g. {category!r} is in {split} only")
    return dataset_of(name, listed)


def dataset_of(name: str, splits: Sequence[CocoSplit]) -> CocoDataset:
    """The document of some splits, with the categories of all of them."""
    categories = sorted({(kind.id, kind.name) for split in splits for kind in split.categories})
    ids, counts = np.unique(np.concatenate([split.images.ids for split in splits]), return_counts=True)
    return CocoDataset(
        name=name,
        categories=[CategoryFacts(id=number, name=kind) for number, kind in categories],
        category_hash=hash_of(categories),
        splits={split.name: facts_of(split) for split in splits},
        shared_ids=ids[counts > 1].tolist(),
    )


def facts_of(split: CocoSplit) -> CocoSplitFacts:
    """Counts and fingerprint of one split."""
    boxes = split.images.boxes
    small, large = int((boxes.areas < SMALL).sum()), int((boxes.areas > LARGE).sum())
    per_label = np.bincount(boxes.labels, minlength=len(split.categories) + 1)[1:]
    return CocoSplitFacts(
        annotations=split.annotation_file.name,
        images=len(split.images),
        images_without_boxes=int((boxes.counts == 0).sum()),
        boxes=len(boxes.labels),
        small=small,
        medium=len(boxes.labels) - small - large,
        large=large,
        crowds=len(split.images.crowds.labels),
        dropped=split.dropped,
        fingerprint=split.fingerprint,
        per_category={
            kind.name: count for kind, count in zip(split.categories, per_label.tolist(), strict=True)
        },
    )


def categories_in_one_split(splits: Sequence[CocoSplit]) -> list[tuple[str, str]]:
    """(split, "id name") of every category that not all of the splits have."""
    common = set.intersection(*(set(split.categories) for split in splits))
    return [
        (split.name, f"{kind.id} {kind.name}")
        for split in splits
        for kind in split.categories
        if kind not in common
    ]
