"""Archives' indices, kept so that a million headers are read only once."""

import hashlib
import os
from pathlib import Path

import numpy as np

from ..errors import UserError
from ..files import atomic_path
from .archive import Index, scan
from .strings import Strings

#: Goes up when what `scan` finds changes.
FORMAT = 1


def cached_index(path: Path) -> Index:
    """The index of an archive, from the user's cache when the file there is for this size and time.

    A cache that is broken or cannot be written costs the time of a scan and nothing else.

    Raises:
        UserError: the archive is broken.
    """
    status = path.stat()
    state = [FORMAT, status.st_size, status.st_mtime_ns]
    file = _cache_file(path)
    if file and (found := _load(file, state)):
        return found
    index = scan(path)
    if file:
        _save(file, state, index)
    return index


def _cache_file(path: Path) -> Path | None:
    try:
        base = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    except RuntimeError:  # no home folder
        return None
    name = hashlib.sha256(os.fsencode(path.resolve())).hexdigest()[:32]
    return base / "dcanet-bench" / "index" / f"{name}.npz"


def _load(file: Path, state: list[int]) -> Index | None:
    try:
        with np.load(file, allow_pickle=False) as stored:
            if stored["state"].tolist() != state:
                return None
            index = Index(
                Strings.from_arrays(stored["names"], stored["name_ends"]),
                stored["offsets"].astype(np.int64),
                stored["sizes"].astype(np.int64),
                Strings.from_arrays(stored["labels"], stored["label_ends"]),
            )
    except Exception:  # a zip of arrays breaks in many ways, and each means the same
        return None
    lengths = {len(index.names), len(index.offsets), len(index.sizes), len(index.labels)}
    return index if len(lengths) == 1 else None


def _save(file: Path, state: list[int], index: Index) -> None:
    names, name_ends = index.names.arrays()
    labels, label_ends = index.labels.arrays()
    try:
        with atomic_path(file) as temporary:
            np.savez_compressed(
                temporary,
                state=np.array(state, dtype=np.int64),
                names=names,
                name_ends=name_ends,
                offsets=index.offsets,
                sizes=index.sizes,
                labels=labels,
                label_ends=label_ends,
            )
    except (OSError, UserError):
        pass
