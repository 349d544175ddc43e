"""A source of weights in words: as arguments of the command line, and as results name it."""

import re
from collections.abc import Sequence
from pathlib import Path

from pydantic import ValidationError

from ..errors import UserError, first_problem
from .sources import LocalFile, PublishedAs, Source, Torchvision, Url

FORMS = "published, published:FILE_NAME, torchvision:NAME, an address (http(s) or drive:ID) or a file"


def parse_source(texts: Sequence[str], sha256: str | None = None) -> Source:
    """The source that `--source` names; several texts are mirrors.

    Raises:
        UserError: an address or a name that cannot be one.
    """
    text = texts[0]
    try:
        if all(re.match(r"(https?|drive):", each) for each in texts):
            return Url(url=tuple(texts), sha256=sha256)
        if len(texts) > 1 or sha256:
            raise UserError("--source: mirrors and --sha256 are for addresses, http(s) or drive:ID")
        if text == "published":
            return "published"
        if text.startswith("published:"):
            return PublishedAs(published=text.removeprefix("published:"))
        if text.startswith("torchvision:"):
            return Torchvision(torchvision=text.removeprefix("torchvision:"))
    except ValidationError as error:
        raise UserError(f"--source {' '.join(texts)}: {first_problem(error)[2]}; it takes {FORMS}") from error
    return LocalFile(file=Path(text))


def source_arguments(source: Source) -> list[str]:
    """What `parse_source` reads back, as arguments of `dcanet weights fetch`."""
    match source:
        case Url(url=addresses, sha256=digits):
            texts = [part for address in addresses for part in ("--source", address)]
            return [*texts, "--sha256", digits] if digits else texts
        case PublishedAs(published=name):
            return ["--source", f"published:{name}"]
        case Torchvision(torchvision=name):
            return ["--source", f"torchvision:{name}"]
        case LocalFile(file=path):
            return ["--source", str(path)]
    return ["--source", source]


def source_name(source: Source, drive_id: str | None) -> str:
    """How results name where weights come from; `drive_id` is that of the published file."""
    match source:
        case "published" | PublishedAs():
            return f"published (drive:{drive_id})"
        case Torchvision(torchvision=name):
            return f"torchvision {name}"
        case Url(url=addresses):
            return addresses[0]
        case LocalFile(file=path):
            return f"file {path}"
    return source
