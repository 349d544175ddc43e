"""Rendering anew whenever results change."""

import os
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from ..errors import UserError

#: Folders of which the report reads nothing, and in which a training writes all the time.
UNREAD = {"state", "tensorboard"}

Seen = dict[str, tuple[int, int]]
"""Size and time of change of every file."""


def watch(render: Callable[[], Path], folders: Iterable[Path], seconds: float) -> None:
    """Render now and whenever a file below the folders has changed, until interrupted.

    A report that cannot be rendered yet is told in a line, and tried again after the next change.
    """
    folders = list(folders)
    seen: Seen | None = None
    while True:
        # Looked at before rendering: what changes meanwhile is rendered the next time.
        found = _look(folders)
        if found != seen:
            seen = found
            try:
                news = f"the report is at {render().resolve()}"
            except UserError as error:
                news = error.line()
            print(f"{time.strftime('%H:%M:%S')} {news}", flush=True)
        time.sleep(seconds)


def _look(folders: Iterable[Path]) -> Seen:
    return {entry.path: _state(entry) for folder in folders for entry in _files(folder)}


def _files(folder: Path | str) -> Iterator[os.DirEntry[str]]:
    """Below a folder that may not be there, without temporary files."""
    try:
        entries = list(os.scandir(folder))
    except OSError:
        return
    for entry in entries:
        if entry.is_dir():
            if entry.name not in UNREAD:
                yield from _files(entry.path)
        elif not entry.name.startswith("."):
            yield entry


def _state(entry: os.DirEntry[str]) -> tuple[int, int]:
    try:
        found = entry.stat()
    except OSError:  # gone since it was listed
        return (-1, -1)
    return found.st_size, found.st_mtime_ns
