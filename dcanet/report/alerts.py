"""What a reader must know before believing any number: what it was measured on, by which code, how fairly."""

from collections.abc import Iterable, Iterator, Sequence

from ..documents import Provenance
from ..sheets import Pair
from .caveats import unequal
from .remarks import options_here
from .stored import Stored, evaluated
from .stored_detection import StoredDetection
from .table import Table

#: Classes that the paper's numbers are of.
IMAGENET, COCO = 1000, 80


def alerts(
    pairs: Sequence[Pair], stored: Stored, detection: StoredDetection, tables: Sequence[Table]
) -> list[str]:
    """Sentences, the weightiest first."""
    return [
        *_other_data(stored, detection, tables),
        *_uncommitted([*stored.provenances, *detection.provenances]),
        *_unequal(pairs, stored),
    ]


def _other_data(stored: Stored, detection: StoredDetection, tables: Sequence[Table]) -> Iterator[str]:
    classifiers = [found for runs in stored.runs.values() for found in evaluated(runs)]
    detectors = [found for name in detection.runs for found in detection.evaluated(name)]
    others = {
        "table1": any(found.of_classes != IMAGENET for found in classifiers),
        "table2": any(len(found.per_category) != COCO for found in detectors),
    }
    shown = [table for table in tables if others.get(table.key)]
    if shown:
        measured = "; ".join(
            f"our side of {table.title.partition('.')[0]} is measured on {table.ours_on}, "
            f"not on {table.paper_on}"
            for table in shown
        )
        yield (
            f"Other data than the paper's: {measured}. These numbers neither confirm nor contradict what the "
            "paper prints."
        )


def _uncommitted(provenances: Sequence[Provenance]) -> Iterator[str]:
    dirty = [found for found in provenances if found.git_dirty]
    unknown = [found for found in provenances if found.git_commit is None]
    if dirty:
        yield (
            f"{_jobs(dirty, provenances)} ran with uncommitted changes on commit {_commits(dirty)}: the code "
            "that made their numbers cannot be checked out."
        )
    if unknown:
        yield f"{_jobs(unknown, provenances)} ran outside of a git checkout: their commit is not known."


def _jobs(some: Sequence[Provenance], of: Sequence[Provenance]) -> str:
    return f"{len(some):,} of {len(of):,} jobs"


def _commits(provenances: Iterable[Provenance]) -> str:
    return ", ".join(sorted({str(found.git_commit)[:12] for found in provenances}))


def _unequal(pairs: Sequence[Pair], stored: Stored) -> Iterator[str]:
    found = [pair.row for pair in pairs if unequal(pair, lambda model: options_here(model, stored))]
    if found:
        count = "1 pair differs" if len(found) == 1 else f"{len(found)} pairs differ"
        yield (
            f"{count} in more than the connection: {', '.join(found)}. The rows' footnotes say in what, and "
            "the line of the config that makes them equal."
        )
