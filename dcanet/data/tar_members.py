"""Going through a tar archive whose headers may say anything."""

import tarfile
import zlib
from collections.abc import Iterator

#: What tarfile and those below it raise of archives that are broken, or made to break something.
TAR_ERRORS = (
    *(tarfile.TarError, zlib.error, EOFError, OSError),
    *(ValueError, TypeError, LookupError, OverflowError, RecursionError),
)


def members(archive: tarfile.TarFile) -> Iterator[tarfile.TarInfo]:
    """One header after the other; one of `TAR_ERRORS` also where one leads back to where it came from."""
    while (member := archive.next()) is not None:
        archive.members.clear()  # type: ignore[attr-defined]  # it keeps all headers, gigabytes for a million images
        if member.size < 0:
            raise tarfile.ReadError(f"{member.name} has {member.size} bytes")
        yield member
