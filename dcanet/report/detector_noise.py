"""Detectors in the chapter on noise: their differences, tests, and what the error comes from."""

from collections.abc import Iterator, Sequence

from ..comparison_documents import ApComparison, ApStatistics, NotCompared, TableStatistics
from ..sheets import Detector
from ..statistics.verdict import SIGNS
from .chapter import Heading, Listing
from .formatting import p_text, with_interval
from .seed_splits import seed_splits

NUMBERS = {"ap": "AP", "ap50": "AP50", "ap75": "AP75"}


def compared_detectors(detectors: Sequence[Detector], statistics: TableStatistics) -> Iterator[Listing]:
    """Each against the one that it is built on; of several trainings, the split of the errors."""
    compared = {
        f"{row.id} − {row.baseline}": found
        for row in detectors
        if isinstance(found := statistics.detectors.get(row.id), ApComparison)
    }
    if compared:
        yield _differences(compared)
    known = statistics.average_precision
    values = {
        row.id: of_it.ap_split
        for row in detectors
        if isinstance(of_it := known.get(row.id), ApStatistics) and of_it.ap_split
    }
    differences = {name: found.split for name, found in compared.items() if found.split}
    title = "What the error of a mean AP, and of its difference, comes from"
    yield from seed_splits("noise-detector-seeds", "Detectors", title, values | differences)


def uncompared_detectors(detectors: Sequence[Detector], statistics: TableStatistics) -> Iterator[str]:
    """Why some are not compared."""
    for row in detectors:
        found = statistics.detectors.get(row.id)
        if isinstance(found, NotCompared):
            yield f"{row.id}: not compared: {found.reason}."


def _differences(compared: dict[str, ApComparison]) -> Listing:
    rows = tuple(
        (
            name,
            *(with_interval(found.numbers[key]) if key in found.numbers else "" for key in NUMBERS),
            p_text(found.p_value),
            p_text(found.p_adjusted),
            f"{SIGNS[found.verdict]} {found.verdict}",
        )
        for name, found in compared.items()
    )
    over_seeds = any(found.split for found in compared.values())
    seeds = "; of several trainings, seed by seed, with intervals over seeds and images" if over_seeds else ""
    return Listing(
        "noise-detectors",
        "Detectors against those that they are built on, by the same resamples of the images, in points"
        f"{seeds}.",
        (
            Heading("Detectors", words=True),
            *map(Heading, (*NUMBERS.values(), "p", "Adjusted p")),
            Heading("Verdict", words=True),
        ),
        rows,
    )
