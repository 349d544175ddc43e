"""Where the files of CIFAR-10 and CIFAR-100 lie: in their folder, or in the archive as it was fetched."""

import tarfile
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

from ..errors import UserError
from .tar_members import TAR_ERRORS, members

#: Above the largest file, CIFAR-100's training images.
MOST_BYTES = 1 << 28


@dataclass(frozen=True)
class Version:
    """One of the forms in which the authors distribute them."""

    title: str
    binary: bool
    folder: str
    archive: str
    parts: dict[str, tuple[str, ...]]
    """File names of the training and of the test images."""
    names: str
    """File of the classes' names."""
    labels: int = 1
    """Labels of each image in the binary version; the last one is the class."""


_BATCHES = tuple(f"data_batch_{number}" for number in range(1, 6))
VERSIONS = (
    Version(
        "CIFAR-10",
        True,
        "cifar-10-batches-bin",
        "cifar-10-binary.tar.gz",
        {"train": tuple(f"{batch}.bin" for batch in _BATCHES), "test": ("test_batch.bin",)},
        "batches.meta.txt",
    ),
    Version(
        "CIFAR-10",
        False,
        "cifar-10-batches-py",
        "cifar-10-python.tar.gz",
        {"train": _BATCHES, "test": ("test_batch",)},
        "batches.meta",
    ),
    Version(
        "CIFAR-100",
        True,
        "cifar-100-binary",
        "cifar-100-binary.tar.gz",
        {"train": ("train.bin",), "test": ("test.bin",)},
        "fine_label_names.txt",
        labels=2,
    ),
    Version(
        "CIFAR-100",
        False,
        "cifar-100-python",
        "cifar-100-python.tar.gz",
        {"train": ("train",), "test": ("test",)},
        "meta",
    ),
)


def find_version(root: Path) -> tuple[Version, Path] | None:
    """The version in a folder and where it lies: that folder, one inside it, or an archive.

    Unpacked ones come before archives, and the binary version before Python's.

    Raises:
        UserError: both CIFAR-10 and CIFAR-100 are there.
    """
    found = [
        (version, place)
        for place_of in (lambda version: root, lambda version: root / version.folder)
        for version in VERSIONS
        if _holds(place := place_of(version), version)
    ] or [(version, root / version.archive) for version in VERSIONS if (root / version.archive).is_file()]
    if len({version.title for version, _ in found}) > 1:
        names = [place.name for _, place in (found[0], found[-1])]
        raise UserError(f"{root}: has both {names[0]} and {names[1]}; leave one of them in the folder")
    return found[0] if found else None


def _holds(folder: Path, version: Version) -> bool:
    return (folder / version.names).is_file() and any(
        (folder / name).is_file() for part in version.parts.values() for name in part
    )


def read_files(version: Version, place: Path, names: Collection[str]) -> dict[str, bytes]:
    """These files of a version by name.

    Raises:
        UserError: one that is not there or too large, or an archive that is broken.
    """
    found = _members(version, place, names) if place.is_file() else _plain(place, names)
    if missing := next((name for name in names if name not in found), None):
        raise UserError(f"{place}: has no file {missing}; fetch {version.title} again")
    return found


def _plain(folder: Path, names: Collection[str]) -> dict[str, bytes]:
    paths = [folder / name for name in names if (folder / name).is_file()]
    for path in paths:
        if path.stat().st_size > MOST_BYTES:
            raise UserError(f"{path}: is larger than any file of CIFAR; fetch it again")
    return {path.name: path.read_bytes() for path in paths}


def _members(version: Version, archive: Path, names: Collection[str]) -> dict[str, bytes]:
    wanted = {f"{version.folder}/{name}": name for name in names}
    found: dict[str, bytes] = {}
    try:
        with tarfile.open(archive, "r|gz") as opened:
            for member in members(opened):
                name = wanted.get(member.name.removeprefix("./"))
                if name is None or not member.isreg():
                    continue
                if member.size > MOST_BYTES:
                    raise UserError(f"{archive}: {member.name} is larger than any file of CIFAR")
                file = opened.extractfile(member)
                assert file is not None  # a regular file
                found[name] = file.read()
                if len(found) == len(wanted):
                    break
    except TAR_ERRORS as error:
        raise UserError(f"{archive}: not a whole tar.gz archive ({error}); fetch it again") from error
    return found
