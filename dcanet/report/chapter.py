"""A part of the report that explains in sentences and plain tables of texts."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Heading:
    """Of a listing's column; numbers stand to the right, words to the left."""

    label: str
    words: bool = False


@dataclass(frozen=True)
class Listing:
    """A table of texts; the first column names the rows."""

    key: str
    caption: str
    columns: tuple[Heading, ...]
    rows: tuple[tuple[str, ...], ...]
    folded: bool = False
    """Whether the page shows it only when asked to."""

    @property
    def prose(self) -> bool:
        """Whether it has words alone."""
        return all(column.words for column in self.columns)


@dataclass(frozen=True)
class Chapter:
    """Paragraphs, then tables, then notes to them."""

    key: str
    title: str
    paragraphs: tuple[str, ...]
    listings: tuple[Listing, ...] = ()
    notes: tuple[str, ...] = ()
