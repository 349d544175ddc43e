"""Limits and permissions that a process is started with."""

import os
import resource
from dataclasses import dataclass
from pathlib import Path

#: Of Linux's `nobody`, who owns no file.
NOBODY = 65534


@dataclass(frozen=True)
class FileSize:
    """No file grows beyond so many bytes, as on a disk with no more room."""

    limit: int

    def __call__(self) -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (self.limit, self.limit))


@dataclass(frozen=True)
class Memory:
    """So many bytes of memory can be taken beside those that the process has."""

    more: int

    def __call__(self) -> None:
        pages = int(Path("/proc/self/statm").read_text().split()[0])
        limit = pages * os.sysconf("SC_PAGE_SIZE") + self.more
        resource.setrlimit(resource.RLIMIT_AS, (limit, limit))


def become_nobody() -> None:
    """Where the process is root's, for whom permissions do not count."""
    if os.getuid() == 0:
        os.setgroups([])
        os.setresgid(NOBODY, NOBODY, NOBODY)
        os.setresuid(NOBODY, NOBODY, NOBODY)
