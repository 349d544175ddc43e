"""ImageNet's development kit: the val images' classes in the order of their numbers."""

import tarfile
from collections.abc import Callable
from functools import partial
from io import BytesIO
from pathlib import Path

from ..errors import UserError
from .tar_members import TAR_ERRORS, members

DEVKIT = "ILSVRC2012_devkit_t12"
LABELS, META = "ILSVRC2012_validation_ground_truth.txt", "meta.mat"


def read_devkit(place: Path) -> tuple[Path, list[str]] | None:
    """(file with the labels, wnid of every val image in the order of their names), or None without a kit.

    The kit may be unpacked in the place (its folder, or its files) or be its archive.

    Raises:
        UserError: a kit that is broken or not whole.
    """
    for folder in (place / DEVKIT / "data", place / DEVKIT, place / "data", place):
        if (folder / LABELS).is_file():
            return folder / LABELS, _wnids(folder / LABELS, partial(_file, folder))
    for archive in (place / f"{DEVKIT}.tar.gz", place / f"{DEVKIT}.tar"):
        if archive.is_file():
            return archive, _wnids(archive, partial(_member, archive))
    return None


def _wnids(source: Path, read: Callable[[str], bytes]) -> list[str]:
    try:
        lines = read(LABELS).split()
    except TAR_ERRORS as error:
        raise UserError(f"{source}: cannot be read ({error}); fetch it again") from error
    try:
        numbers = [int(line) for line in lines]
    except ValueError as error:
        raise UserError(f"{source}: must hold one class number a line ({error}); fetch it again") from error
    try:
        wnid = _wnid_of_number(read(META))
    except Exception as error:  # whatever scipy says of a broken file
        raise UserError(
            f"{source}: the kit's {META} beside it cannot be read ({error}); fetch it again"
        ) from error
    if unknown := next((number for number in numbers if number not in wnid), None):
        raise UserError(f"{source}: class number {unknown} is not in {META}; fetch the kit again")
    return [wnid[number] for number in numbers]


def _wnid_of_number(meta: bytes) -> dict[int, str]:
    """ILSVRC2012_ID -> wnid. The numbers are the kit's own, not the order of the wnids."""
    from scipy.io import loadmat

    content = loadmat(BytesIO(meta), squeeze_me=True)  # type: ignore[arg-type]  # it reads open files too
    synsets = content["synsets"]
    return {
        int(number): str(wnid)
        for number, wnid in zip(synsets["ILSVRC2012_ID"].flat, synsets["WNID"].flat, strict=True)
    }


def _file(folder: Path, name: str) -> bytes:
    return (folder / name).read_bytes()


def _member(archive: Path, name: str) -> bytes:
    with tarfile.open(archive) as opened:
        for member in members(opened):
            if member.isreg() and member.name.rsplit("/", 1)[-1] == name:
                file = opened.extractfile(member)
                assert file is not None  # a regular file
                return file.read()
    raise UserError(f"{archive}: holds no {name}; fetch the kit again")
