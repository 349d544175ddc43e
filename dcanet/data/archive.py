"""What an uncompressed tar archive holds and where: images are read in place, nothing is unpacked."""

import json
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import numpy as np
from tqdm import tqdm

from ..errors import UserError
from .split import is_image
from .strings import Strings
from .tar_members import TAR_ERRORS, members

BLOCK = 512
COMPRESSED = (b"\x1f\x8b", b"BZh", b"\xfd7zXZ", b"\x28\xb5\x2f\xfd")
LABEL_BYTES = 1 << 20


@dataclass(frozen=True)
class Index:
    """The images of an archive in its order: names, positions in bytes, and labels ("" without one).

    Images of an archive inside the archive (ILSVRC2012_img_train.tar has one per class) are named
    <inner archive>/<image>. Labels come from members key.cls or key.json beside key.jpg.
    """

    names: Strings
    offsets: np.ndarray
    sizes: np.ndarray
    labels: Strings


def scan(path: Path) -> Index:
    """Read all headers of an archive and the labels in it.

    Raises:
        UserError: compressed, cut short, damaged, or with links in place of images.
    """
    names: list[str] = []
    offsets: list[int] = []
    sizes: list[int] = []
    labels: dict[str, str] = {}
    total = path.stat().st_size
    with (
        open(path, "rb") as file,
        tqdm(
            total=total,
            desc=f"index {path.name}",
            unit="B",
            unit_scale=True,
            leave=False,
            delay=1,
            disable=None,
        ) as bar,
    ):
        if file.read(6).startswith(COMPRESSED):
            raise UserError(
                f"{path}: is compressed, which cannot be read in place; decompress it (gunzip, unxz)"
            )
        for name, member in _files(path, file, 0, total):
            bar.update(member.offset_data - bar.n)
            if is_image(name.rsplit("/", 1)[-1]):
                if member.type not in (tarfile.REGTYPE, tarfile.AREGTYPE):
                    raise UserError(
                        f"{path}: {name} is a link or the like, which is not followed; pack the archive anew "
                        "with tar --dereference --hard-dereference"
                    )
                names.append(name)
                offsets.append(member.offset_data)
                sizes.append(member.size)
            elif member.isreg() and member.size <= LABEL_BYTES:
                _note_label(name, member, file, labels)
    return Index(
        Strings(names),
        np.array(offsets, dtype=np.int64),
        np.array(sizes, dtype=np.int64),
        Strings(labels.get(_key(name), "") for name in names),
    )


def _files(
    path: Path, file: IO[bytes], start: int, end: int, prefix: str = ""
) -> Iterator[tuple[str, tarfile.TarInfo]]:
    """(name, header) of everything but folders and hidden files between two positions of a file."""
    where = f"{path}: {prefix.rstrip('/')}.tar inside it" if prefix else str(path)
    file.seek(start)
    try:
        with tarfile.open(fileobj=file, mode="r:") as archive:
            for member in members(archive):
                base = member.name.rsplit("/", 1)[-1]
                if member.isreg() and member.offset_data + member.size > end:
                    raise UserError(f"{where}: ends within {member.name}; fetch or pack the archive again")
                if member.isdir() or base.startswith("."):
                    continue
                if member.isreg() and base.endswith(".tar") and not prefix:
                    inner = member.offset_data
                    yield from _files(path, file, inner, inner + member.size, f"{base.removesuffix('.tar')}/")
                else:
                    yield prefix + member.name, member
            file.seek(archive.offset)
            closing = file.read(BLOCK)
    except TAR_ERRORS as error:
        raise UserError(f"{where}: not a whole tar archive ({error}); fetch or pack it again") from error
    # Python's tarfile takes a damaged header, and a file that stops between two members, for the end.
    if archive.offset >= end or closing != bytes(BLOCK):
        raise UserError(f"{where}: damaged or cut short at byte {archive.offset:,}; fetch or pack it again")


def _key(name: str) -> str:
    """What the members of one sample share: the path up to the first dot of the file name."""
    folder, slash, base = name.rpartition("/")
    return folder + slash + base.split(".", 1)[0]


def _note_label(name: str, member: tarfile.TarInfo, file: IO[bytes], labels: dict[str, str]) -> None:
    suffix = name.rsplit(".", 1)[-1]
    if suffix not in ("cls", "json"):
        return
    file.seek(member.offset_data)
    content = file.read(member.size)
    if suffix == "cls":
        labels[_key(name)] = content.decode(errors="replace").strip()
        return
    try:
        fields = json.loads(content)
        label = next(fields[key] for key in ("cls", "label", "wnid") if key in fields)
    except (ValueError, TypeError, StopIteration, RecursionError):
        return
    if isinstance(label, int | str) and not isinstance(label, bool):
        labels.setdefault(_key(name), str(label).strip())
