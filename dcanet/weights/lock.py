"""config/weights.lock: size and SHA-256 of every fetched file, recorded at first use and then enforced."""

import re
from dataclasses import dataclass
from pathlib import Path

from ..errors import UserError
from ..files import sha256, write_text

_HEADING = "# dcanet weights lock, schema 1: what came from each source at its first use"
_COLUMNS = ["source", "name", "size", "sha256"]


@dataclass(frozen=True)
class Entry:
    """What is known of one source's file: the name it was fetched for, bytes, hex SHA-256."""

    name: str
    size: int
    sha256: str


class Lock:
    """The lock file at `path`; jobs that record at once do not lose each other's entries."""

    def __init__(self, path: Path) -> None:
        self.path = Path(path)

    def entries(self) -> dict[str, Entry]:
        """Source -> entry. UserError names the line that is wrong."""
        try:
            lines = self.path.read_text(encoding="utf-8").splitlines()
        except FileNotFoundError:
            return {}
        except (OSError, UnicodeDecodeError) as error:
            raise UserError(f"{self.path}: cannot be read: {error}") from error
        if lines[:2] != [_HEADING, "\t".join(_COLUMNS)]:
            raise UserError(
                f"{self.path}: is not a weights lock of schema 1; restore it from version control"
            )
        entries: dict[str, Entry] = {}
        for number, line in enumerate(lines[2:], start=3):
            row = line.split("\t")
            if (
                len(row) != 4
                or not re.fullmatch("[0-9]{1,15}", row[2])
                or not re.fullmatch("[0-9a-f]{64}", row[3])
            ):
                raise UserError(
                    f"{self.path}: line {number}: is not 'source, name, size, SHA-256'; "
                    "restore the file from version control"
                )
            if row[0] in entries:
                raise UserError(f"{self.path}: line {number}: {row[0]} is already above; remove one of them")
            entries[row[0]] = Entry(row[1], int(row[2]), row[3])
        return entries

    def matches(self, source: str, path: Path) -> bool:
        """Whether `path` is the file recorded for `source`."""
        known = self.entries().get(source)
        return known is not None and known == _entry_of(path, known.name)

    def verify(self, source: str, name: str, path: Path, accept_change: bool = False) -> Entry:
        """Record the file at `path` at its source's first use; afterwards it must stay the same.

        Raises:
            UserError: the file differs from the recorded one and `accept_change` is not given; the
                message shows both and how to accept.
        """
        from filelock import FileLock

        new = _entry_of(path, name)
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(self.path.with_name(f".{self.path.name}.guard")):
            entries = self.entries()
            old = entries.get(source)
            if old and (old.size, old.sha256) == (new.size, new.sha256):
                return old
            if old and not accept_change:
                raise UserError(
                    f"{name}: {path} is not the file that {source} gave before: {self.path} has "
                    f"{old.size} bytes, SHA-256 {old.sha256}; now there are {new.size} bytes, SHA-256 "
                    f"{new.sha256}. If the change is meant: dcanet weights fetch --accept-change {name}"
                )
            self._write(entries | {source: new})
        return new

    def _write(self, entries: dict[str, Entry]) -> None:
        rows = sorted((e.name, source, e) for source, e in entries.items())
        lines = ["\t".join([source, name, str(e.size), e.sha256]) for name, source, e in rows]
        write_text(self.path, "\n".join([_HEADING, "\t".join(_COLUMNS), *lines]) + "\n")


def _entry_of(path: Path, name: str) -> Entry:
    return Entry(name, Path(path).stat().st_size, sha256(path))
