"""Writes docs/licences.md: what every package of requirements.lock says its licence is (`make licences`)."""

import re
from collections.abc import Iterator, Mapping
from importlib import metadata
from pathlib import Path

ROOT = Path(__file__).parents[2]
LOCK, PAGE = ROOT / "requirements.lock", ROOT / "docs/licences.md"

HEAD = """\
# Licences

What the packages of `requirements.lock` say of themselves, as `make licences` reads it from their metadata.
Some are for other systems than the one where this was written. DCANet-bench itself is under the MIT licence
and contains no code of these packages, nor of the authors of DCANet.

| package | licence |
| --- | --- |
"""
UNKNOWN = "not known here: it is for other systems"


def locked(lock: str) -> list[str]:
    """Names of the packages of a lock, each once."""
    return sorted({found[1].lower() for found in re.finditer(r"^([\w.-]+)(?:\[[\w,-]+\])?==", lock, re.M)})


def listed(page: str) -> dict[str, str]:
    """Package -> licence of a page that was written before."""
    return dict(re.findall(r"^\| ([\w.-]+) \| (.+) \|$", page, re.M)[2:])


def licence(name: str) -> str | None:
    """In a line; None where the package is not installed."""
    try:
        said = metadata.metadata(name)
    except metadata.PackageNotFoundError:
        return None
    kinds = [
        kind.rpartition(" :: ")[2] for kind in said.get_all("Classifier", []) if kind.startswith("License ::")
    ]
    own = (said.get("License") or "").strip()
    short = own if own and "\n" not in own and len(own) < 80 else ""
    told = said.get("License-Expression") or short or ", ".join(kinds) or "see its own files"
    return told.replace("|", "/")


def rows(names: list[str], before: Mapping[str, str]) -> Iterator[str]:
    for name in names:
        yield f"| {name} | {licence(name) or before.get(name, UNKNOWN)} |\n"


if __name__ == "__main__":
    known = listed(PAGE.read_text(encoding="utf-8")) if PAGE.exists() else {}
    PAGE.write_text(HEAD + "".join(rows(locked(LOCK.read_text()), known)), encoding="utf-8")
