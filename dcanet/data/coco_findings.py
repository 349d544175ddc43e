"""What a check of a COCO data set found, in words."""

from collections.abc import Iterator

from .coco_check import CocoCheck
from .coco_dataset import CocoDataset
from .wording import bad_images_problem, broken_images, counted, notes, same_images, section, them


def summary(check: CocoCheck) -> Iterator[str]:
    """The lines of the report: counts first, then what is wrong, then what is merely unusual."""
    dataset = check.dataset
    yield f"{dataset.name}: {_categories(dataset)}"
    yield ""
    yield (
        f"  {'split':8}{'images':>9}{'boxes':>10}   {'small, medium, large':26}{'crowds':>8}   "
        f"{'fingerprint':18}annotations"
    )
    for name, facts in dataset.splits.items():
        sizes = f"{facts.small:,}, {facts.medium:,}, {facts.large:,}"
        yield (
            f"  {name:8}{facts.images:>9,}{facts.boxes:>10,}   {sizes:26}{facts.crowds:>8,}   "
            f"{facts.fingerprint:18}{facts.annotations}"
        )
    yield from broken_images(check.splits, dataset.splits)
    lone = [f"{category}: only in {split}" for split, category in check.lone_categories]
    yield from section("Categories in one split only", lone)
    yield from section("Boxes left out", list(_dropped(dataset)))
    yield from section("Image ids in several splits", [str(number) for number in dataset.shared_ids])
    yield from same_images(dataset.duplicates)
    yield from section("Notes, not errors", [*_missing_objects(dataset), *notes(dataset.splits)])


def verdict(check: CocoCheck, skip_bad_images: bool) -> str | None:
    """One line with what must be mended before the data set is of use, or None."""
    problems = []
    if check.bad_images and not skip_bad_images:
        problems.append(bad_images_problem(check.bad_images))
    if count := len(check.lone_categories):
        what = counted(count, "category", "categories")
        problems.append(f"{what} in one split only: rename or remove {them(count)}; labels count all of them")
    return "; ".join(problems) or None


def _categories(dataset: CocoDataset) -> str:
    count = counted(len(dataset.categories), "category", "categories")
    return f"objects in boxes, {count} (category hash {dataset.category_hash})"


def _dropped(dataset: CocoDataset) -> Iterator[str]:
    for name, facts in dataset.splits.items():
        for reason, count in facts.dropped.items():
            yield f"{name}: {count:,} {reason}"


def _missing_objects(dataset: CocoDataset) -> Iterator[str]:
    for name, facts in dataset.splits.items():
        if facts.images_without_boxes:
            yield f"{name}: {counted(facts.images_without_boxes, 'image')} without boxes, not trained on"
        if absent := [kind for kind, count in facts.per_category.items() if not count]:
            kinds, for_example = counted(len(absent), "category", "categories"), "e.g. " * (len(absent) > 1)
            yield f"{name}: {kinds} without boxes, {for_example}{absent[0]}"
