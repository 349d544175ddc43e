"""Memory, disk space or permissions that a job lacks, told in one line instead of a traceback."""

import contextlib
import errno
import mmap
from collections.abc import Iterator
from pathlib import Path

from .errors import UserError

#: What errors of torch, of Python's threads and of the loader of libraries say of memory that is not there.
NO_MEMORY = (
    *("can't allocate memory", "annot allocate memory", "not enough memory"),
    *("ALLOC_FAILED", "out of memory", "can't start new thread", "failed to map segment"),
)
#: Bytes. Who cannot get as many more is out of memory, whatever libraries make of it: modules that are not
#: found, primitives that cannot be created.
ENOUGH = 128 << 20
_NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
_NO_RIGHT = (errno.EROFS, errno.EACCES, errno.EPERM)


def is_out_of_memory(error: BaseException) -> bool:
    """Whether memory of the machine or of a GPU was asked for that is not there."""
    if isinstance(error, MemoryError):
        return True
    told = isinstance(error, RuntimeError | OSError | ImportError)
    return (told and any(text in str(error) for text in NO_MEMORY)) or not _is_there(ENOUGH)


def _is_there(size: int) -> bool:
    """Whether the process can get so much memory; it is asked for and not touched."""
    try:
        mmap.mmap(-1, size).close()
    except OSError:
        return False
    return True


def what_is_lacking(error: BaseException, name: str = "") -> str:
    """The line to show for such an error; empty for any other. `name` is of the file that is written."""
    if is_out_of_memory(error):
        said = str(error).strip().partition("\n")[0].rstrip(".")[:200]
        reason = f" ({said})" if said else ""
        return f"out of memory{reason}; run less beside this, or make batches smaller"
    if not isinstance(error, OSError) or error.errno not in (*_NO_ROOM, *_NO_RIGHT):
        return ""
    fix = "make room" if error.errno in _NO_ROOM else "change its permissions"
    place = name or error.filename or "output"
    return f"{place}: cannot be {'written' if name else 'used'} ({error.strerror}); {fix} and run again"


@contextlib.contextmanager
def writing(path: Path) -> Iterator[None]:
    """Turn errors of a full disk, and of files that may not be written, into a UserError on `path`."""
    try:
        yield
    except OSError as error:
        if told := what_is_lacking(error, str(path)):
            raise UserError(told) from error
        raise
