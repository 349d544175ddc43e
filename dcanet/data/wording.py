"""Findings of a check in words: what the reports on all kinds of data sets share."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Protocol

from .split import Split

#: Of findings that may be many; broken images are always listed whole.
SHOWN = 10


class Facts(Protocol):
    """What a check found of a split: why images are broken, and those that are unusual but fine by kind."""

    bad_images: dict[str, str]
    notes: dict[str, list[str]]


def section(title: str, lines: Sequence[str], shown: int | None = SHOWN) -> Iterator[str]:
    """A heading with the number of findings and the first of them; nothing without any."""
    if not lines:
        return
    yield ""
    yield f"{title}: {len(lines):,}"
    yield from (f"  {line}" for line in lines[:shown])
    if shown and len(lines) > shown:
        yield f"  and {len(lines) - shown:,} more, all of which --out writes"


def broken_images(splits: Sequence[Split], facts: Mapping[str, Facts]) -> Iterator[str]:
    """The section on broken images, each with its path."""
    lines = [
        f"{split.where(index)}: {bad[image]}"
        for split in splits
        if (bad := facts[split.name].bad_images)
        for index, image in enumerate(split.images)
        if image in bad
    ]
    yield from section("Broken images", lines, shown=None)


def same_images(duplicates: Sequence[Sequence[str]]) -> Iterator[str]:
    """The sections on groups of "<split>/<id>" with the same bytes."""
    across = [group for group in duplicates if _splits(group) > 1]
    within = [group for group in duplicates if _splits(group) == 1]
    yield from section("The same image in several splits", [" = ".join(group) for group in across])
    yield from section("The same image twice in a split", [" = ".join(group) for group in within])


def notes(splits: Mapping[str, Facts]) -> Iterator[str]:
    """A line for each kind of note in each split."""
    for name, facts in splits.items():
        for kind, images in sorted(facts.notes.items()):
            for_example = "e.g. " if len(images) > 1 else ""
            yield f"{name}: {len(images):,} {kind}, {for_example}{images[0]}"


def bad_images_problem(count: int) -> str:
    """Part of a verdict that does not let broken images pass."""
    return (
        f"{counted(count, 'broken image')}: replace or remove {them(count)}, "
        f"or go on without {them(count)} by --on-bad-image skip"
    )


def counted(number: int, one: str, many: str = "") -> str:
    """The number with its noun."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def them(number: int) -> str:
    """The pronoun for so many."""
    return "it" if number == 1 else "them"


def _splits(group: Sequence[str]) -> int:
    return len({name.split("/")[0] for name in group})
