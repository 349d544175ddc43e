"""Going through a tar archive whose headers may say anything."""

import tarfile
from collections.abc import Iterator


def members(archive: tarfile.TarFile) -> Iterator[tarfile.TarInfo]:
    """One header after the other.

    Raises:
        tarfile.ReadError: a header that cannot be read, or that leads back to where it came from.
        EOFError, OSError, zlib.error: as the file below it raises them.
    """
    try:
        while (member := archive.next()) is not None:
            archive.members.clear()  # type: ignore[attr-defined]  # it keeps all headers, gigabytes for a million images
            if member.size < 0:
                raise tarfile.ReadError(f"{member.name} has {member.size} bytes")
            yield member
    except (ValueError, LookupError, OverflowError, RecursionError) as error:
        raise tarfile.ReadError(str(error) or type(error).__name__) from error
