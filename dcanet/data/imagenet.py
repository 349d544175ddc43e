"""The 1,000 classes of ILSVRC-2012 and how to tell whether a data set's are among them."""

import difflib
import functools
import hashlib
import re
from collections.abc import Collection, Iterable, Sequence
from importlib import resources
from typing import Literal

from ..errors import UserError

WNID = re.compile(r"n\d{8}")


@functools.cache
def wnids() -> tuple[str, ...]:
    """ImageNet's class ids, sorted: the position is the index of the class in every classifier."""
    return tuple(resources.files("dcanet.data").joinpath("imagenet_wnids.txt").read_text().split())


@functools.cache
def wnid_set() -> frozenset[str]:
    """The same as a set."""
    return frozenset(wnids())


def class_order_hash(classes: Iterable[str]) -> str:
    """16 hex digits of the SHA-256 over the sorted classes, one a line: equal hashes, equal indices."""
    return hashlib.sha256("\n".join(sorted(classes)).encode()).hexdigest()[:16]


def membership(classes: Collection[str]) -> Literal["all", "some", "no"]:
    """Whether these are all of ImageNet's classes, some of them and nothing else, or anything else."""
    if not classes or not set(classes) <= wnid_set():
        return "no"
    return "all" if len(set(classes)) == len(wnids()) else "some"


def strangers(classes: Collection[str]) -> list[str]:
    """The classes that are not ImageNet's where most are, sorted; none in a data set of its own classes."""
    odd = sorted(set(classes) - wnid_set())
    return odd if 2 * len(odd) < len(set(classes)) else []


def refuse_strangers(classes: Collection[str], source: str) -> None:
    """UserError naming `source` and the first class that is not ImageNet's where most are."""
    if odd := strangers(classes):
        raise UserError(
            f"{source}: {odd[0]!r} is not one of ImageNet's 1,000 classes, as the others are"
            f"{nearest_wnid(odd[0])}; correct it"
        )


def nearest_wnid(name: str) -> str:
    """How a message about an unknown class goes on: the class that may have been meant, or nothing."""
    close = difflib.get_close_matches(name, wnids(), n=1, cutoff=0.75)
    return f" (nearest: {close[0]})" if close else ""


def class_named(label: str, classes: Sequence[str] | None = None) -> str:
    """The class that a label means: a number is an index into `classes` (ImageNet's without), else itself.

    Raises:
        UserError: an index beyond the classes; the caller names the file.
    """
    if not (label.isascii() and label.isdecimal()):
        return label
    known = wnids() if classes is None else classes
    if int(label) >= len(known):
        raise UserError(f"label {label} is beyond the {len(known):,} classes, which count from 0")
    return known[int(label)]


def are_indices(names: Collection[str]) -> bool:
    """Whether class folders are numbered by ImageNet's indices, as ImageNetV2's are."""
    return bool(names) and all(
        name.isascii() and name.isdecimal() and int(name) < len(wnids()) and str(int(name)) == name
        for name in names
    )
