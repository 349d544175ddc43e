"""What a check of a data set found, in words."""

from collections.abc import Iterator
from statistics import median

from ..documents import Dataset
from .check import Check, odd_counts
from .imagenet import class_order_hash, nearest_wnid, wnids
from .wording import bad_images_problem, broken_images, counted, notes, same_images, section, them


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
    yield from section("Classes of unusual size", list(_odd_counts(dataset)))
    yield from broken_images(check.splits, dataset.splits)
    yield from section("Wrong classes", list(_wrong_classes(check)))
    lone = [f"{label}: only in {split}" for split, label in check.lone_classes]
    yield from section("Classes in one split only", lone)
    yield from same_images(dataset.duplicates)
    yield from section("Notes, not errors", list(notes(dataset.splits)))


def verdict(check: Check, skip_bad_images: bool) -> str | None:
    """One line with what must be mended before the data set is of use, or None."""
    problems = []
    if check.bad_images and not skip_bad_images:
        problems.append(bad_images_problem(check.bad_images))
    if wrong := {*check.wrong_classes, *(label for _, label in check.lone_classes)}:
        count = counted(len(wrong), "wrong class", "wrong classes")
        problems.append(f"{count}: rename or remove {them(len(wrong))}; all splits need the same classes")
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
        return f"{counted(count, 'class', 'classes')}, {found:,} of them ImageNet's ({theirs})"
    return f"{counted(count, 'class', 'classes')}, not ImageNet's ({theirs})"


def _odd_counts(dataset: Dataset) -> Iterator[str]:
    for name, facts in dataset.splits.items():
        middle = median(facts.per_class.values())
        for label, count in odd_counts(facts.per_class).items():
            yield f"{name}/{label}: {counted(count, 'image')}, the median is {middle:,.0f}"


def _wrong_classes(check: Check) -> Iterator[str]:
    for label in check.wrong_classes:
        where = ", ".join(
            f"{name}/{label} ({counted(facts.per_class[label], 'image')})"
            for name, facts in check.dataset.splits.items()
            if label in facts.per_class
        )
        yield f"{where}: not one of ImageNet's, as the others are{nearest_wnid(label)}"
