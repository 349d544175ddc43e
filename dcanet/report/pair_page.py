"""Everything about one pair, or one detector and what it is built on, in one place."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from ..comparison_documents import PairComparison, TableStatistics
from ..profile_documents import Throughput
from ..sheets import Detector, Pair
from .chapter import Album, Listing
from .chart import Chart
from .costs import parts_of_pair
from .figure import Figure
from .flips import albums, classes, flipped, outcomes
from .focus import FocusView
from .history import history
from .reproduction import Recipe
from .row_numbers import Highlight, highlights, row_numbers
from .speed import speed_listings
from .stored import Stored
from .stored_detection import StoredDetection
from .table import Row, Table


@dataclass(frozen=True)
class Drawn:
    """What is drawn of pairs, by their ids; of some there is nothing."""

    charts: Mapping[str, tuple[Chart, ...]] = field(default_factory=dict)
    structures: Mapping[str, tuple[Figure, ...]] = field(default_factory=dict)
    focus: Mapping[str, FocusView] = field(default_factory=dict)


@dataclass(frozen=True)
class PairPage:
    """A section of the report, reached from the row of its table."""

    key: str
    title: str
    networks: tuple[str, ...]
    """The one that it is about, and the one that it is compared with if there is one."""
    table: str
    """Key of the table that has its row."""
    highlights: tuple[Highlight, ...]
    remarks: tuple[str, ...]
    listings: tuple[Listing, ...]
    recipe: Recipe | None
    charts: tuple[Chart, ...] = ()
    albums: tuple[Album, ...] = ()
    focus: FocusView | None = None
    structure: tuple[Figure, ...] = ()


def page_key(row: str) -> str:
    """Name of the page of a row."""
    return f"pair-{row}"


def pair_pages(
    pairs: Sequence[Pair],
    table: Table,
    stored: Stored,
    recipes: Iterable[Recipe],
    drawn: Drawn,
) -> Iterator[PairPage]:
    """One for each row of Table 1."""
    of_row = {recipe.key: recipe for recipe in recipes}
    for pair, (_, row) in zip(pairs, table.rows, strict=True):
        key = page_key(pair.id)
        models = [model.id for model in pair.models]
        found = _compared(pair, stored)
        yield PairPage(
            key,
            pair.row,
            tuple(reversed(models)),
            table.key,
            tuple(highlights(table, row)),
            row.remarks,
            (
                row_numbers(f"{key}-numbers", table, row),
                *parts_of_pair(f"{key}-costs", models, stored.costs),
                *speed_listings(f"{key}-speed", _timings(pair.id, stored)),
                *history(f"{key}-history", {model: stored.runs[model] for model in models}),
                *_differences(key, found, stored),
            ),
            of_row.get(pair.id),
            drawn.charts.get(pair.id, ()),
            tuple(albums(found, stored)),
            drawn.focus.get(pair.id),
            drawn.structures.get(pair.id, ()),
        )


def detector_pages(
    detectors: Sequence[Detector],
    table: Table,
    stored: StoredDetection,
    recipes: Iterable[Recipe],
    speeds: Mapping[str, Sequence[Throughput]],
) -> Iterator[PairPage]:
    """One for each row of Table 2."""
    of_row = {recipe.key: recipe for recipe in recipes}
    rows: dict[str, Row] = {row.key: row for _, row in table.rows}
    for detector in detectors:
        key, row = page_key(detector.id), rows[detector.id]
        networks = tuple(filter(None, (detector.id, detector.baseline)))
        timings = {
            device: [timing for timing in found if detector.id in timing.measurements[0].models]
            for device, found in speeds.items()
        }
        yield PairPage(
            key,
            f"{detector.detector}, {detector.row}",
            networks,
            table.key,
            tuple(highlights(table, row)),
            row.remarks,
            (
                row_numbers(f"{key}-numbers", table, row),
                *speed_listings(f"{key}-speed", timings),
                *history(f"{key}-history", {name: stored.runs.get(name, ()) for name in reversed(networks)}),
            ),
            of_row.get(detector.id),
        )


def _compared(pair: Pair, stored: Stored) -> dict[str, PairComparison]:
    """The pair's comparison by its row's name, if there is one."""
    found = stored.comparison_of(pair.id)
    return {pair.row: found} if isinstance(found, PairComparison) else {}


def _timings(pair: str, stored: Stored) -> dict[str, list[Throughput]]:
    return {
        device: [timing for timing in [speeds[pair]] if isinstance(timing, Throughput)]
        for device, speeds in stored.speeds.items()
    }


def _differences(key: str, found: Mapping[str, PairComparison], stored: Stored) -> Iterator[Listing]:
    """Which images and classes flip; the same tables that the chapter on noise has of all pairs."""
    if not isinstance(stored.statistics, TableStatistics):
        return
    listings = (*outcomes(found), *classes(found, stored.statistics.alpha), *flipped(found, stored))
    for listing in listings:
        yield replace(listing, key=listing.key.replace("noise", key, 1))
