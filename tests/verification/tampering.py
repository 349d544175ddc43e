"""Changing files and putting them back, and finding the numbers in them."""

import contextlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from dcanet.documents import CHECKSUM
from dcanet.files import content_hash
from dcanet.sheets import read_detectors, read_pairs
from dcanet.verification.findings import Findings
from dcanet.verification.verify import Beside, verify

Steps = tuple[str | int, ...]
"""Keys and places that lead to a value in a JSON document."""


def put(path: Path, content: bytes | str) -> None:
    """A new file in the place of another, which may be linked to one of another process."""
    path.unlink(missing_ok=True)
    path.write_bytes(content.encode() if isinstance(content, str) else content)


@contextlib.contextmanager
def changed(*paths: Path) -> Iterator[None]:
    """Whatever is done to these files by `put`, or by removing them, is undone."""
    before = {path: path.read_bytes() for path in paths}
    try:
        yield
    finally:
        for path, content in before.items():
            put(path, content)


def verified(root: Path, report: str = "", data: tuple[str, ...] = ()) -> Findings:
    """As `dcanet verify results/tiny` in the folder of the run, whose detectors have no weights."""
    findings = Findings()
    with contextlib.chdir(root):
        beside = Beside(
            read_pairs(Path("config/pairs.tsv")),
            read_detectors(Path("config/detectors.tsv")),
            Path(report) if report else None,
            [Path(name) for name in data],
            without_weights=True,
        )
        verify(Path("results/tiny"), "results/tiny", beside, findings)
    return findings


def numbers_of(content: Any, steps: Steps = ()) -> Iterator[tuple[Steps, int | float]]:
    """All numbers of a JSON document with where they are."""
    if isinstance(content, dict):
        for key, value in content.items():
            yield from numbers_of(value, (*steps, key))
    elif isinstance(content, list):
        for place, value in enumerate(content):
            yield from numbers_of(value, (*steps, place))
    elif isinstance(content, int | float) and not isinstance(content, bool):
        yield steps, content


def edited(content: Any, steps: Steps, value: Any) -> Any:
    """A copy in which one value is another."""
    copy = json.loads(json.dumps(content))
    inner = copy
    for step in steps[:-1]:
        inner = inner[step]
    inner[steps[-1]] = value
    return copy


def another(number: int | float) -> int | float:
    """A number that differs, and still looks right."""
    if isinstance(number, int):
        return number + 1 if number < 100 else number - 1
    return number * 0.99 if abs(number) > 1e-3 else number + 0.01


def sealed(content: dict[str, Any]) -> str:
    """The text of a document with the right checksum, as a forger would leave it."""
    rest = {key: value for key, value in content.items() if key != CHECKSUM}
    return json.dumps(rest | {CHECKSUM: content_hash(rest)}, indent=2)
