"""Opening a pack of `dcanet export` from anywhere: nothing leaves its folder, nothing unpacks to more."""

import hashlib
import re
import stat
import tempfile
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from ..export.layout import CONFIG, MANIFEST, WEIGHTS
from .findings import Findings

MOST_MEMBERS = 1_000_000
#: As export writes names: relative, of ordinary parts, with slashes alone.
PART = re.compile(r"[^/\\\x00-\x1f:]+")


@dataclass(frozen=True)
class Pack:
    """Where it was unpacked to."""

    root: Path
    without_weights: bool


def is_pack(path: Path) -> bool:
    """Whether this is a file, which only a pack is."""
    return path.is_file()


@contextmanager
def unpacked(path: Path, findings: Findings) -> Iterator[Pack | None]:
    """In a temporary folder that is removed; None, and problems, where it is no pack.

    Members that are not what the manifest says are problems too, and unpacked for other checks to find more.
    """
    with tempfile.TemporaryDirectory(prefix="dcanet-verify-") as folder:
        root = Path(folder)
        try:
            with zipfile.ZipFile(path) as archive:
                members = archive.infolist()
                good = _check_members(path, members, findings)
                hashes = (
                    {member.filename: _extract(archive, member, root) for member in members} if good else None
                )
        except (
            zipfile.BadZipFile,
            NotImplementedError,
            ValueError,
            EOFError,
            OSError,
            RuntimeError,
        ) as error:
            findings.problem(path, "", "a whole pack of `dcanet export`", error)
            hashes = None
        if hashes is None or not _check_manifest(path, root, hashes, findings):
            yield None
            return
        for sheet in ("pairs.tsv", "detectors.tsv"):
            if not (root / CONFIG / sheet).is_file():
                findings.problem(path, f"{CONFIG}/{sheet}", "a sheet", "none")
                yield None
                return
        without = not any(name.endswith(f"/{WEIGHTS}") for name in hashes)
        if without:
            findings.note(f"{path}: is without weights, so what follows from them was not checked")
        yield Pack(root, without)


def _check_members(path: Path, members: list[zipfile.ZipInfo], findings: Findings) -> bool:
    """Whether every member is a plain file in the folder, as it is, and all are no more than the pack."""
    size = path.stat().st_size
    if len(members) > MOST_MEMBERS or sum(member.file_size for member in members) > size:
        findings.problem(path, "", f"members that fit into its {size:,} bytes", "more: is it a zip bomb?")
        return False
    names = [member.filename for member in members]
    for member in members:
        parts = member.filename.split("/")
        kind = stat.S_IFMT(member.external_attr >> 16)
        faults = {
            "a name inside the folder": all(PART.fullmatch(p) and p not in (".", "..") for p in parts),
            "a plain file": kind in (0, stat.S_IFREG) and not member.filename.endswith("/"),
            "a member without compression": member.compress_type == zipfile.ZIP_STORED,
            "a member without a password": not member.flag_bits & 1,
        }
        for expected, holds in faults.items():
            if not holds:
                findings.problem(path, member.filename, expected, "another")
                return False
    # Also where a file system does not tell cases apart, no member may take another's place.
    return findings.same(
        path, "names that are there twice", 0, len(names) - len({name.lower() for name in names})
    )


def _extract(archive: zipfile.ZipFile, member: zipfile.ZipInfo, root: Path) -> str:
    """Write a member; its SHA-256."""
    target, digest = root / member.filename, hashlib.sha256()
    target.parent.mkdir(parents=True, exist_ok=True)
    with archive.open(member) as source, open(target, "xb") as file:
        while block := source.read(1 << 20):
            digest.update(block)
            file.write(block)
    return digest.hexdigest()


def _check_manifest(path: Path, root: Path, hashes: dict[str, str], findings: Findings) -> bool:
    """Whether there is one; its lines are all members with their hashes."""
    if MANIFEST not in hashes:
        findings.problem(path, MANIFEST, "a manifest", "none")
        return False
    # Not splitlines(): names may have what Unicode takes for an end of a line, as U+0085.
    lines = (root / MANIFEST).read_bytes().decode("utf-8", errors="replace").split("\n")
    recorded = {name: digest for digest, _, name in (line.partition("  ") for line in lines if line)}
    for name in sorted({*hashes, *recorded} - {MANIFEST}):
        findings.files.add(f"{path}/{name}")
        findings.same(
            path, f"{name}, by {MANIFEST}", recorded.get(name, "no line"), hashes.get(name, "no member")
        )
    return True
