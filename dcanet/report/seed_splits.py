"""What the error of a number over several trainings comes from, as a table."""

from collections.abc import Iterator, Mapping

from ..comparison_documents import SeedSplit
from .chapter import Heading, Listing


def seed_splits(key: str, what: str, title: str, splits: Mapping[str, SeedSplit]) -> Iterator[Listing]:
    """One row for each, named under the heading `what`; nothing without any."""
    rows = tuple(
        (
            name,
            str(split.seeds),
            f"{split.seed_error:.2f}",
            f"{split.sampling_error:.2f}",
            f"{100 * split.seed_share:.0f} %",
        )
        for name, split in splits.items()
    )
    labels = ("Seeds", "From seeds", "From images", "Seeds' share of the variance")
    if rows:
        caption = f"{title}: the trainings, or the images. Standard errors in points."
        yield Listing(key, caption, (Heading(what, words=True), *map(Heading, labels)), rows)
