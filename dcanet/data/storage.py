"""Where the encoded images of a split lie: in files of their own, or inside archives.

Other storages are in `pixels` and `arrow_images`.
"""

import os
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from ..errors import UserError
from .strings import Strings

#: Archives that a process holds open at most; systems allow about a thousand files.
OPEN_ARCHIVES = 128


class Storage(Protocol):
    """Encoded images by position; used by several threads, forked and pickled."""

    def read(self, index: int) -> bytes: ...

    def where(self, index: int) -> str: ...

    def take(self, positions: Sequence[int]) -> "Storage": ...

    def content(self) -> str:
        """A hash of all images where their sizes in bytes are equal whatever they show, else nothing."""
        ...


class Files:
    """Images in files below a folder."""

    def __init__(self, folder: Path, names: Strings) -> None:
        self.folder, self.names = str(folder), names

    def read(self, index: int) -> bytes:
        path = self.where(index)
        try:
            with open(path, "rb", buffering=0) as file:
                return file.readall()
        except FileNotFoundError as error:
            raise UserError(f"{path}: image is missing") from error
        except OSError as error:
            raise UserError(f"{path}: image cannot be read ({error.strerror})") from error

    def where(self, index: int) -> str:
        return f"{self.folder}/{self.names[index]}"

    def take(self, positions: Sequence[int]) -> "Files":
        return Files(Path(self.folder), self.names.take(positions))

    def content(self) -> str:
        return ""


class ArchiveMembers:
    """Images inside uncompressed tar archives, read in place.

    `archive`, `offsets` and `sizes` say for every image which archive, from which byte and how many.
    `states` are the archives' (size, modification time in ns) when they were indexed.
    """

    def __init__(
        self,
        archives: Sequence[Path | str],
        states: Sequence[tuple[int, int]],
        names: Strings,
        archive: np.ndarray,
        offsets: np.ndarray,
        sizes: np.ndarray,
    ) -> None:
        self.archives, self.states = [str(path) for path in archives], list(states)
        self.names, self.archive, self.offsets, self.sizes = names, archive, offsets, sizes
        self._open: dict[int, _OpenFile] = {}

    def read(self, index: int) -> bytes:
        archive, size = int(self.archive[index]), int(self.sizes[index])
        file = self._opened(archive)  # held by name, or another thread could close it
        data = os.pread(file.descriptor, size, int(self.offsets[index]))
        if len(data) != size:
            raise UserError(f"{self.where(index)}: the archive ends before this image does; fetch it again")
        return data

    def where(self, index: int) -> str:
        return f"{self.archives[self.archive[index]]}: {self.names[index]}"

    def take(self, positions: Sequence[int]) -> "ArchiveMembers":
        chosen = np.asarray(positions, dtype=np.int64)
        return ArchiveMembers(
            self.archives,
            self.states,
            self.names.take(positions),
            self.archive[chosen],
            self.offsets[chosen],
            self.sizes[chosen],
        )

    def content(self) -> str:
        return ""

    def _opened(self, archive: int) -> "_OpenFile":
        # No lock, which a fork could copy while it is held: single operations on a dict are atomic, and a
        # file that leaves the dict is closed when the last thread that reads it lets it go.
        if (file := self._open.get(archive)) is None:
            with suppress(KeyError):  # another thread has emptied it
                while len(self._open) >= OPEN_ARCHIVES:
                    self._open.popitem()
            file = self._open[archive] = _OpenFile(self.archives[archive], self.states[archive])
        return file

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "_open": {}}


class _OpenFile:
    """A descriptor that is closed with its last user."""

    descriptor = -1

    def __init__(self, path: str, state: tuple[int, int]) -> None:
        try:
            self.descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
            status = os.fstat(self.descriptor)
        except OSError as error:
            raise UserError(f"{path}: archive cannot be read ({error.strerror})") from error
        if (status.st_size, status.st_mtime_ns) != state:
            raise UserError(f"{path}: archive has changed since it was indexed; start again")

    def __del__(self) -> None:
        if self.descriptor >= 0:
            os.close(self.descriptor)
