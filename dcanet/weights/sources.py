"""Where a model's weights come from: the config's `weights:` values and the addresses they stand for."""

import re
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Annotated, Any, Literal
from urllib.parse import unquote, urlsplit

from pydantic import BaseModel, ConfigDict, Discriminator, Field, Tag, field_validator

from ..errors import UserError
from ..sheets import Classifier, Detector

#: The largest published file, a Cascade R-CNN with its optimizer's state, has well under 1 GiB.
LIMIT_BYTES = 4 << 30


class _Choice(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class PublishedAs(_Choice):
    """The authors' published file, lying in the drop folder under a name of its own."""

    published: str = Field(min_length=1, description="name of the file in the drop folder")


class Url(_Choice):
    """Any http(s) address or `drive:<id>`; mirrors of one file are tried in order."""

    url: tuple[str, ...] = Field(min_length=1)
    sha256: str | None = Field(None, pattern="^[0-9a-f]{8,64}$", description="at least its first 8 digits")

    @field_validator("url", mode="before")
    @classmethod
    def _one_or_more(cls, value: Any) -> Any:
        return (value,) if isinstance(value, str) else value

    @field_validator("url")
    @classmethod
    def _addresses(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for address in value:
            if not re.fullmatch(r"https?://[^/\s]+/\S+|drive:[-\w]{10,}", address):
                raise ValueError(f"{address!r} is neither http(s)://… nor drive:<id>")
        return value


class LocalFile(_Choice):
    """A file of the user's own."""

    file: Path


class Torchvision(_Choice):
    """Weights that torchvision offers, for instance ResNet50_Weights.IMAGENET1K_V1."""

    torchvision: str = Field(pattern=r"^\w+_Weights\.\w+$")


def _kind(value: Any) -> str | None:
    """The tag of a config value, or of one that is checked already."""
    if isinstance(value, str):
        return value
    keys = set(value if isinstance(value, dict) else getattr(type(value), "model_fields", ()))
    return next((tag for tag, key in _KEYS.items() if key in keys), None)


_KEYS = {"published_as": "published", "url": "url", "file": "file", "torchvision": "torchvision"}

#: What stands after `weights:` in the config.
Source = Annotated[
    Annotated[Literal["train"], Tag("train")]
    | Annotated[Literal["published"], Tag("published")]
    | Annotated[PublishedAs, Tag("published_as")]
    | Annotated[Url, Tag("url")]
    | Annotated[LocalFile, Tag("file")]
    | Annotated[Torchvision, Tag("torchvision")],
    Discriminator(
        _kind,
        custom_error_type="weights",
        custom_error_message="must be train, published, {published: FILE NAME}, {url: ADDRESS}, "
        "{file: PATH} or {torchvision: NAME}",
    ),
]


def is_published(source: Source) -> bool:
    """Whether the authors' own file is asked for, which has a training log."""
    return source == "published" or isinstance(source, PublishedAs)


@dataclass(frozen=True)
class Origin:
    """A file to fetch."""

    name: str  #: what messages and `--accept-change` call it
    key: str  #: of its entry in the lock
    addresses: tuple[str, ...] = ()  #: http(s) or drive:<id>, tried in order
    incoming: tuple[str, ...] = ()  #: names it may have in the drop folder
    sha256: str = ""  #: digits that its SHA-256 begins with, as far as they are known
    path: Path | None = None  #: of a file of the user's own, which is not locked


def origin_of(row: Classifier | Detector, source: Source) -> Origin:
    """What `weights: <source>` of a row of the sheets asks for; UserError where that is no file."""
    by_id = (f"{row.id}.pth.tar", f"{row.id}.pth")
    match source:
        case "published":
            return _published(row.id, row.model_drive_id, by_id)
        case PublishedAs(published=file_name):
            return _published(row.id, row.model_drive_id, (file_name, *by_id))
        case Url(url=addresses, sha256=digits):
            original = unquote(PurePosixPath(urlsplit(addresses[0]).path).name)
            names = (*by_id, original) if addresses[0].startswith("http") and original else by_id
            return Origin(row.id, addresses[0], addresses, names, digits or "")
        case LocalFile(file=path):
            return Origin(row.id, f"file:{path}", path=path)
        case Torchvision(torchvision=name):
            return _torchvision(row.id, name, by_id)
    raise UserError(f"{row.id}: `weights: {source}` names no file to fetch; the model is trained here")


def log_origin(row: Classifier | Detector) -> Origin:
    """The published training log of a row of the sheets."""
    return _published(f"{row.id}.log", row.log_drive_id, (f"{row.id}.log", f"{row.id}.log.txt"))


def _published(name: str, drive_id: str | None, names: tuple[str, ...]) -> Origin:
    if drive_id is None:
        raise UserError(f"{name}: is not published; train it, or name a file or an address")
    key = f"drive:{drive_id}"
    return Origin(name, key, (key,), (*names, drive_id))


def _torchvision(model: str, name: str, names: tuple[str, ...]) -> Origin:
    from torchvision.models import get_weight

    try:
        url = get_weight(name).url
    except (ValueError, KeyError) as error:
        raise UserError(f"{model}: torchvision has no weights {name!r}; correct the config") from error
    file_name = PurePosixPath(urlsplit(url).path).name
    digits = re.search(r"-([0-9a-f]{8,64})\.pth$", file_name)
    return Origin(model, url, (url,), (*names, file_name), digits[1] if digits else "")
