"""What a data set holds, without decoding an image."""

import hashlib
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from ..documents import Dataset, SplitFacts
from ..errors import UserError
from .imagenet import class_order_hash, membership
from .locate import list_split
from .split import Split


def describe(root: Path, name: str, splits: Sequence[str] = ("train", "val")) -> Dataset:
    """Counts, classes and fingerprints of a data set's splits; UserError as `list_splits`."""
    return dataset_of(name, list_splits(root, splits))


def list_splits(root: Path, names: Sequence[str]) -> list[Split]:
    """Several splits of a data set; UserError for one class alone, other classes, and as `list_split`."""
    splits = [list_split(root, name) for name in names]
    for split in splits:
        if len(split.classes) < 2 and membership(split.classes) == "no":
            raise UserError(
                f"{root}: {split.name} has one class, {split.classes[0]!r}, where a classifier needs two or "
                f"more; images belong into {split.name}/<class>/<image>"
            )
    if odd := classes_in_one_split(splits):
        raise UserError(
            f"{root}: {' and '.join(names)} have different classes, e.g. {odd[0][1]!r} is in one of them only"
        )
    return splits


def dataset_of(name: str, splits: Sequence[Split]) -> Dataset:
    """The document of some splits."""
    classes = sorted({label for split in splits for label in split.classes})
    return Dataset(
        name=name,
        classes=classes,
        class_order_hash=class_order_hash(classes),
        imagenet=membership(classes),
        splits={split.name: facts_of(split) for split in splits},
    )


def facts_of(split: Split) -> SplitFacts:
    """Counts and fingerprint of one split."""
    counts = Counter(split.targets)
    return SplitFacts(
        layout=split.layout,
        images=len(split.images),
        fingerprint=fingerprint(split),
        per_class={label: counts[target] for target, label in enumerate(split.classes)},
    )


def fingerprint(split: Split) -> str:
    """16 hex digits over the ids and sizes in bytes of all images, of bare pixels also over these."""
    digest = hashlib.sha256()
    for image, size in zip(split.images, split.sizes, strict=True):
        digest.update(f"{image}\t{size}\n".encode())
    digest.update(split.storage.content().encode())
    return digest.hexdigest()[:16]


def classes_in_one_split(splits: Sequence[Split]) -> list[tuple[str, str]]:
    """(split, class) of every class that not all of the splits have."""
    common = set.intersection(*(set(split.classes) for split in splits)) if splits else set()
    odd = [(split.name, label) for split in splits for label in split.classes if label not in common]
    return sorted(odd, key=lambda pair: pair[1])


def usable(split: Split, dataset: Dataset) -> Split:
    """The split less the images that a check found broken (`dcanet data check --on-bad-image skip`).

    Raises:
        UserError: the data are not those that were checked or described.
    """
    facts = dataset.splits.get(split.name)
    removed = facts and facts.bad_images and not facts.bad_images.keys() & set(split.images)
    if not facts or removed:
        return split
    if (now := fingerprint(split)) != facts.fingerprint:
        how, looked_at = ("check", "checked") if facts.bad_images else ("describe", "described")
        raise UserError(
            f"{dataset.name}: {split.name} has changed since it was {looked_at} (fingerprint "
            f"{facts.fingerprint} then, {now} now); run `dcanet data {how}` again"
        )
    return split.without(facts.bad_images.keys()) if facts.bad_images else split
