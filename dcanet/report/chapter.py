"""A part of the report that explains in sentences and plain tables of texts."""

from dataclasses import dataclass, replace
from itertools import compress

from .chart import Chart
from .figure import Figure


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

    def without_empty(self) -> "Listing":
        """Without the columns that have nothing in them."""
        kept = [any(texts) for texts in zip(*self.rows, strict=True)]
        return replace(
            self,
            columns=tuple(compress(self.columns, kept)),
            rows=tuple(tuple(compress(row, kept)) for row in self.rows),
        )

    @property
    def prose(self) -> bool:
        """Whether it has words alone."""
        return all(column.words for column in self.columns)


@dataclass(frozen=True)
class Thumbnail:
    """An image as a data URI, and what is to be said of it."""

    image: str
    source: str
    text: str


@dataclass(frozen=True)
class Album:
    """A few images under a heading, which the page shows only when asked to."""

    heading: str
    thumbnails: tuple[Thumbnail, ...]


@dataclass(frozen=True)
class Chapter:
    """Paragraphs, then charts, then tables, then notes to them."""

    key: str
    title: str
    paragraphs: tuple[str, ...]
    listings: tuple[Listing, ...] = ()
    notes: tuple[str, ...] = ()
    charts: tuple[Chart, ...] = ()
    """Drawn on the page alone, between paragraphs and tables; so are the figures."""
    figures: tuple[Figure, ...] = ()
