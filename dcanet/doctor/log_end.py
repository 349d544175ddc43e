"""The ends of logs: bounded memory and time whatever is in them."""

import os
import re
import stat
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

#: Bytes at the end of a log that are looked at, and characters of a line that are kept.
END, WIDTH = 1 << 16, 1 << 14
#: Lines before the end are only counted, in logs up to this size.
COUNTED = 1 << 30
_BLOCK = 1 << 20
_ESCAPES = re.compile(r"\x1b\[[0-9;?]*[ -/]*[@-~]")


@dataclass(frozen=True)
class Line:
    """A line of a log; `number` counts from 1, None in a log that is too long to count."""

    number: int | None
    text: str


def last_lines(path: Path) -> list[Line]:
    """The lines in the last END bytes; of a progress bar what it showed last.

    None for what is no ordinary file, empty or cannot be read: a pipe would be waited for.
    """
    try:
        if not stat.S_ISREG(os.stat(path).st_mode):
            return []
        with open(path, "rb") as file:
            size = file.seek(0, os.SEEK_END)
            start = max(0, size - END)
            first = 1 + _newlines(file, start) if size <= COUNTED else None
            file.seek(start)
            data = file.read(END)
    except (OSError, ValueError):  # a path with a null byte is the latter
        return []
    pieces = data.removesuffix(b"\n").split(b"\n") if data else []
    return [
        Line(None if first is None else first + offset, clean(piece)) for offset, piece in enumerate(pieces)
    ]


def clean(data: bytes, width: int = WIDTH) -> str:
    """A line as a terminal may show it: the last of what overwrote itself, without escapes and controls."""
    text = data.decode("utf-8", "replace").rstrip("\r").rpartition("\r")[2]
    text = _ESCAPES.sub("", text.replace("\t", " "))[:width]
    return "".join(character for character in text if character.isprintable()).rstrip()


def _newlines(file: BinaryIO, end: int) -> int:
    """How many there are before a place in the file."""
    file.seek(0)
    count = 0
    while end > 0 and (block := file.read(min(_BLOCK, end))):
        count += block.count(b"\n")
        end -= len(block)
    return count
