"""What the parts of a data set are called."""

from collections.abc import Collection

#: By split, the preferred name first.
SPELLINGS = {
    "train": ("train", "training"),
    "val": ("val", "valid", "validation", "dev"),
    "test": ("test", "testing"),
}
#: Which split's part is taken where a data set has none of its own.
STAND_INS = {"val": "test", "test": "val"}


def part_for(split: str, present: Collection[str]) -> str | None:
    """Which of the names that a data set has is a split's; where it has one of val and test, that is both."""
    lower = {name.lower(): name for name in present}
    wanted = (*SPELLINGS[split], *SPELLINGS.get(STAND_INS.get(split, ""), ()))
    return next((lower[name] for name in wanted if name in lower), None)
