"""What a check of a data set found, in words."""

from collections.abc import Iterator, Sequence
from statistics import median

from ..documents import Dataset
from .check import Check, odd_counts
from .imagenet import class_order_hash, nearest_wnid, wnids

#: Of findings that may be many; broken images are always listed whole.
SHOWN = 10


def summary(check: Check) -> Iterator[str]:
    """The lines of the report: counts first, then what is wrong, then what is merely unusual."""
    dataset = check.dataset
    yield f"{dataset.name}: {_classes(dataset)}"
    yield ""
    yield f"  {'split':8}{'images':>11}   {'per class (min, median, max)':30}{'fingerprint':18}stored as"
    for name, facts in dataset.splits.items():
        counts = facts.per_class.values()
        spread = f"{min(counts):,}, {median(counts):,.0f}, {max(counts):,}"
        yield f"  {name:8}{facts.images:>11,}   {spread:30}{facts.fingerprint:18}{facts.layout}"
    yield from _section("Classes of unusual size", list(_odd_counts(dataset)))
    yield from _section("Broken images", list(_broken(check)), shown=None)
    yield from _section("Wrong classes", list(_wrong_classes(check)))
    lone = [f"{label}: only in {split}" for split, label in check.lone_classes]
    yield from _section("Classes in one split only", lone)
    across = [group for group in dataset.duplicates if _splits(group) > 1]
    within = [group for group in dataset.duplicates if _splits(group) == 1]
    yield from _section("The same image in several splits", [" = ".join(group) for group in across])
    yield from _section("The same image twice in a split", [" = ".join(group) for group in within])
    yield from _section("Notes, not errors", list(_notes(dataset)))


def verdict(check: Check, skip_bad_images: bool) -> str | None:
    """One line with what must be mended before the data set is of use, or None."""
    problems = []
    if check.bad_images and not skip_bad_images:
        broken, them = _count(check.bad_images, "broken image"), _them(check.bad_images)
        problems.append(f"{broken}: replace or remove {them}, or go on without {them} by --on-bad-image skip")
    if wrong := {*check.wrong_classes, *(label for _, label in check.lone_classes)}:
        count, them = _count(len(wrong), "wrong class", "wrong classes"), _them(len(wrong))
        problems.append(f"{count}: rename or remove {them}; all splits need the same classes")
    return "; ".join(problems) or None


def _classes(dataset: Dataset) -> str:
    count, known = len(dataset.classes), len(wnids())
    digest = f"class-order hash {dataset.class_order_hash}"
    if dataset.imagenet == "all":
        return f"ImageNet's {known:,} classes ({digest})"
    if dataset.imagenet == "some":
        return f"{count:,} of ImageNet's {known:,} classes ({digest}), evaluated among all {known:,} outputs"
    theirs = f"{digest}, ImageNet's is {class_order_hash(wnids())}"
    if found := len(set(dataset.classes) & set(wnids())):
        return f"{_count(count, 'class', 'classes')}, {found:,} of them ImageNet's ({theirs})"
    return f"{_count(count, 'class', 'classes')}, not ImageNet's ({theirs})"


def _odd_counts(dataset: Dataset) -> Iterator[str]:
    for name, facts in dataset.splits.items():
        middle = median(facts.per_class.values())
        for label, count in odd_counts(facts.per_class).items():
            yield f"{name}/{label}: {_count(count, 'image')}, the median is {middle:,.0f}"


def _broken(check: Check) -> Iterator[str]:
    for split in check.splits:
        bad = check.dataset.splits[split.name].bad_images
        if bad:
            for index, image in enumerate(split.images):
                if image in bad:
                    yield f"{split.where(index)}: {bad[image]}"


def _wrong_classes(check: Check) -> Iterator[str]:
    for label in check.wrong_classes:
        where = ", ".join(
            f"{name}/{label} ({_count(facts.per_class[label], 'image')})"
            for name, facts in check.dataset.splits.items()
            if label in facts.per_class
        )
        yield f"{where}: not one of ImageNet's, as the others are{nearest_wnid(label)}"


def _notes(dataset: Dataset) -> Iterator[str]:
    for name, facts in dataset.splits.items():
        for kind, images in sorted(facts.notes.items()):
            for_example = "e.g. " if len(images) > 1 else ""
            yield f"{name}: {len(images):,} {kind}, {for_example}{images[0]}"


def _section(title: str, lines: Sequence[str], shown: int | None = SHOWN) -> Iterator[str]:
    if not lines:
        return
    yield ""
    yield f"{title}: {len(lines):,}"
    yield from (f"  {line}" for line in lines[:shown])
    if shown and len(lines) > shown:
        yield f"  and {len(lines) - shown:,} more, all of which --out writes"


def _splits(group: Sequence[str]) -> int:
    return len({name.split("/")[0] for name in group})


def _count(number: int, one: str, many: str = "") -> str:
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def _them(number: int) -> str:
    return "it" if number == 1 else "them"
