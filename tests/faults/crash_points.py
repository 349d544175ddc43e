"""What goes wrong within a process, at a chosen moment of a chosen write."""

import os
import signal
import stat
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

#: Of an atomic write: its temporary file is there and empty, has half of the content, all of it, its name.
MOMENTS = ("begun", "half written", "written", "renamed")


@dataclass(frozen=True)
class At:
    """Called in a process, ends it at the `number`-th (from 0) such moment of writes below `folder`.

    By SIGKILL, or by the error of the system that `code` is the number of.
    """

    moment: str
    number: int
    folder: Path
    code: int | None = None

    def __call__(self) -> None:
        begun, synced, replaced = tempfile.mkstemp, os.fsync, os.replace
        folder, seen = self.folder.resolve(), 0

        def is_now(moment: str, path: str | os.PathLike[str]) -> bool:
            nonlocal seen
            if moment != self.moment or not Path(path).resolve().is_relative_to(folder):
                return False
            seen += 1
            return seen == self.number + 1

        def mkstemp(*args: Any, **values: Any) -> tuple[int, str]:
            descriptor, name = begun(*args, **values)
            if is_now("begun", name):
                if self.code:
                    os.unlink(name)
                self._strike()
            return descriptor, name

        def fsync(descriptor: int) -> None:
            status = os.fstat(descriptor)
            name = os.readlink(f"/proc/self/fd/{descriptor}")
            if stat.S_ISREG(status.st_mode) and is_now("half written", name):
                os.truncate(name, status.st_size // 2)
                self._strike()
            synced(descriptor)

        def replace(source: Any, target: Any, **values: Any) -> None:
            if is_now("written", target):
                self._strike()
            replaced(source, target, **values)
            if is_now("renamed", target):
                self._strike()

        tempfile.mkstemp, os.fsync, os.replace = mkstemp, fsync, replace

    def _strike(self) -> None:
        if self.code is None:
            os.kill(os.getpid(), signal.SIGKILL)
        else:
            raise OSError(self.code, os.strerror(self.code))
