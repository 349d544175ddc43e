"""What a COCO annotation file (instances_*.json) says, as arrays."""

import json
import struct
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..errors import UserError

#: In pixels, exclusive.
MAX_SIDE = 1 << 24
ANNOTATION_KEYS = ("id", "image_id", "category_id", "iscrowd", "bbox", "area")
_ROW = struct.Struct("<4q5d")
_ROW_TYPE = np.dtype(
    [
        ("id", "<i8"),
        ("image", "<i8"),
        ("category", "<i8"),
        ("crowd", "<i8"),
        ("box", "<f8", 4),
        ("area", "<f8"),
    ]
)


class ImageEntry(NamedTuple):
    """One entry of `images`; sides in pixels."""

    id: int
    file_name: str
    width: int
    height: int


@dataclass(frozen=True)
class CocoFile:
    """The content of an annotation file, in its order and unchecked but for its form.

    `annotations` has the fields id, image, category, crowd (not 0), box (4: x, y, width, height), area.
    """

    images: list[ImageEntry]
    categories: list[tuple[int, str]]
    annotations: NDArray[np.void]


def read_annotation_file(path: Path) -> CocoFile:
    """Read one; train2017's 450 MB take as much memory again while they are read, and a tenth afterwards.

    Raises:
        UserError: not whole JSON (with the position), keys missing, values of another kind.
    """
    document = _parsed(path)
    lists: dict[str, list[Any]] = {}
    for key in ("images", "annotations", "categories"):
        entries = document.get(key) if isinstance(document, dict) else None
        if not isinstance(entries, list):
            raise UserError(f"{path}: has no list {key!r}; it must be an instances file in COCO's format")
        lists[key] = entries
    _refuse_malformed(path, lists)
    return CocoFile(
        lists["images"],
        [(entry["id"], entry["name"]) for entry in lists["categories"]],
        np.frombuffer(b"".join(lists["annotations"]), _ROW_TYPE),
    )


def _parsed(path: Path) -> Any:
    try:
        text = path.read_text(encoding="utf-8")
        return json.loads(text, object_hook=_compact)
    except json.JSONDecodeError as error:
        raise UserError(
            f"{path}: not JSON at character {error.pos:,} of {len(text):,} ({error.msg}); fetch it again"
        ) from error
    except (ValueError, RecursionError) as error:  # not UTF-8, endless numbers, nested too deep
        raise UserError(f"{path}: not a readable JSON file ({error}); fetch it again") from error
    except OSError as error:
        raise UserError(f"{path}: cannot be read ({error.strerror})") from error


def _compact(item: dict[str, Any]) -> Any:
    """An annotation as its bytes and an image as its entry, as soon as they are parsed; the rest as it is.

    Most of a file are the outlines of objects: so they are gone before the next annotation is read. What has
    not the form stays as it is, to be told later.
    """
    if "image_id" in item:
        try:
            return _ROW.pack(
                item["id"],
                item["image_id"],
                item["category_id"],
                item["iscrowd"],
                *item["bbox"],
                item["area"],
            )
        except (KeyError, TypeError, OverflowError, struct.error):
            item.pop("segmentation", None)
            return item
    if "file_name" in item:
        entry: list[Any] = [item.get(key) for key in ImageEntry._fields]
        if [type(value) for value in entry] == [int, str, int, int] and _is_id(entry[0]):
            return ImageEntry(*entry)
    return item


def _refuse_malformed(path: Path, lists: dict[str, list[Any]]) -> None:
    for number, entry in enumerate(lists["images"]):
        if not isinstance(entry, ImageEntry):
            raise UserError(
                f"{path}: image {_called(entry, number)} needs whole id, width and height, and a file_name"
            )
        if not (0 < entry.width < MAX_SIDE and 0 < entry.height < MAX_SIDE):
            raise UserError(f"{path}: image {entry.id} is {entry.width} x {entry.height}; mend its size")
        if "\0" in entry.file_name or not _is_text(entry.file_name):
            raise UserError(
                f"{path}: image {entry.id}'s file_name {entry.file_name!r} can be no file's; mend it"
            )
        if ".." in entry.file_name and ".." in entry.file_name.split("/"):
            raise UserError(
                f"{path}: image {entry.id}'s file_name {entry.file_name!r} leads out of its folder; mend it"
            )
    for number, entry in enumerate(lists["annotations"]):
        if not isinstance(entry, bytes):
            raise UserError(f"{path}: annotation {_called(entry, number)} {_missing(entry)}")
    for number, entry in enumerate(lists["categories"]):
        fields = entry if isinstance(entry, dict) else {}
        if not _is_id(fields.get("id")) or not _is_text(fields.get("name")):
            raise UserError(f"{path}: category {_called(entry, number)} needs a whole number id and a name")


def _is_id(value: Any) -> bool:
    return type(value) is int and -(2**63) <= value < 2**63


def _is_text(value: Any) -> bool:
    """JSON can hold half a character, which no file can."""
    try:
        return isinstance(value, str) and value.encode() is not None
    except UnicodeEncodeError:
        return False


def _called(entry: Any, number: int) -> str:
    """Its id, else which one it is, counted from 1."""
    known = entry.get("id") if isinstance(entry, dict) else None
    return f"{known}" if isinstance(known, int) else f"number {number + 1:,}"


def _missing(entry: Any) -> str:
    for key in ANNOTATION_KEYS:
        if not isinstance(entry, dict) or key not in entry:
            return f"has no {key!r}; each needs {', '.join(ANNOTATION_KEYS)}"
    return "is malformed; ids and iscrowd are whole numbers, bbox is four numbers, area is one"
