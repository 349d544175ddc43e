"""What is known of the published files: `dcanet weights list`."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from ..sheets import Classifier, Detector
from .fetch import INCOMING, find_incoming
from .lock import Lock
from .sources import Source, log_origin, origin_of


@dataclass(frozen=True)
class Listed:
    """A file, its source, what the lock has of it, and where it lies in the drop folder."""

    name: str
    source: str
    size: int | None
    sha256: str | None
    incoming: Path | None


def published_files(
    rows: Iterable[Classifier | Detector], lock: Lock, incoming: Path = INCOMING
) -> list[Listed]:
    """The published checkpoints and logs of rows of the sheets, in their order."""
    entries = lock.entries()
    published: Source = "published"
    listed = []
    for row in rows:
        for origin in (origin_of(row, published), log_origin(row)):
            entry = entries.get(origin.key)
            listed.append(
                Listed(
                    origin.name,
                    origin.key,
                    entry.size if entry else None,
                    entry.sha256 if entry else None,
                    find_incoming(origin, incoming),
                )
            )
    return listed
