"""Limits and permissions that a process is started with."""

import ctypes
import os
import resource
from dataclasses import dataclass
from pathlib import Path

#: Third version of Linux's `capset`, which takes two sets of 32 capabilities.
CAPABILITIES = 0x20080522


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


def lose_privileges() -> None:
    """From now on permissions count for root too. Its files stay its own, Python's among them."""
    libc = ctypes.CDLL(None, use_errno=True)
    header, none = (ctypes.c_uint32 * 2)(CAPABILITIES, 0), (ctypes.c_uint32 * 6)()
    if libc.capset(header, none):
        raise OSError(ctypes.get_errno(), "capset")
