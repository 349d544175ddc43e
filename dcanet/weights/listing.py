"""What is here of the published files: `dcanet weights list`."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from ..sheets import Classifier, Detector
from .fetch import find_incoming
from .lock import Lock
from .places import FOLDER, INCOMING, checkpoint_path, log_path
from .sources import Origin, log_origin, origin_of


@dataclass(frozen=True)
class Listed:
    """A file, its source, what the lock has of it, and where it is."""

    name: str
    source: str
    size: int | None
    sha256: str | None
    state: str  #: "fetched", "in incoming" or "not yet"


def published_files(
    rows: Iterable[Classifier | Detector], lock: Lock, folder: Path = FOLDER, incoming: Path = INCOMING
) -> list[tuple[Listed, Listed]]:
    """The published checkpoint and log of each row of the sheets, in their order."""
    entries = lock.entries()

    def listed(origin: Origin, path: Path) -> Listed:
        entry = entries.get(origin.key)
        size, sha256 = (entry.size, entry.sha256) if entry else (None, None)
        state = "in incoming" if find_incoming(origin, incoming) else "not yet"
        if path.is_file() and path.stat().st_size == size:
            state = "fetched"
        return Listed(origin.name, origin.key, size, sha256, state)

    return [
        (
            listed(origin_of(row, "published"), checkpoint_path(row.id, folder)),
            listed(log_origin(row), log_path(row.id, folder)),
        )
        for row in rows
        if row.model_drive_id and row.log_drive_id
    ]
