"""How this process gets its memory."""

import ctypes
import sys

#: Names and numbers of glibc's mallopt(3).
M_TRIM_THRESHOLD, M_MMAP_MAX, M_ARENA_MAX = -1, -4, -8


def keep_freed_memory() -> bool:
    """Have glibc keep the memory that is freed and use it again; False where there is no glibc.

    By default it returns large blocks, as feature maps are, to the system, which hands them out anew page by
    page, filled with zeros: a large part of the time of a network on a processor. The process then stays as
    large as it once was, so this is for work whose batches are all of one size.
    """
    if sys.platform != "linux":
        return False
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except AttributeError:
        return False
    # All from the one heap: no mappings of their own for large blocks, no heaps of their own for threads.
    settings = ((M_MMAP_MAX, 0), (M_ARENA_MAX, 1), (M_TRIM_THRESHOLD, -1))
    return all(mallopt(name, value) == 1 for name, value in settings)
