"""A csv with the class of every image, as Kaggle's LOC_val_solution.csv."""

import csv
import re
from collections.abc import Sequence
from pathlib import Path, PurePosixPath

from ..errors import UserError

KAGGLE = "LOC_val_solution.csv"
#: Kaggle's column of "wnid left top right bottom", repeated for every box.
BOXES = "predictionstring"
IMAGE_COLUMNS = ("imageid", "image", "image_id", "filename", "file_name", "file", "path", "name", "id")
CLASS_COLUMNS = ("wnid", "synset", "class", "label", "target", BOXES)


def find_table(place: Path, split: str) -> Path | None:
    """The csv with an image and a class column in a folder: Kaggle's, else one named by the split, else any.

    Raises:
        UserError: several that would do.
    """
    if split == "val" and (place / KAGGLE).is_file():
        return place / KAGGLE
    fitting = [path for path in sorted(place.glob("*.csv")) if _columns(_header(path))]
    named = [path for path in fitting if split in path.name.lower()]
    others = {"train", "val", "test", "sample"} - {split}
    unnamed = [path for path in fitting if not others & set(re.findall("[a-z]+", path.stem.lower()))]
    for candidates in (named, unnamed):
        if len(candidates) > 1:
            one, other = (path.name for path in candidates[:2])
            raise UserError(
                f"{place}: both {one} and {other} look like the ground truth; leave only one there"
            )
        if candidates:
            return candidates[0]
    return None


def read_table(path: Path) -> dict[str, str]:
    """Label by image name (without folders, with or without its suffix, as the file has it).

    Raises:
        UserError: no such columns, an empty field, or an image with two classes; the line is named.
    """
    try:
        with open(path, newline="", encoding="utf-8-sig") as file:
            rows = csv.reader(file)
            header = next(rows, [])
            columns = _columns(header)
            if columns is None:
                raise UserError(
                    f"{path}: needs a header with an image column ({', '.join(IMAGE_COLUMNS)}) and a class "
                    f"column ({', '.join(CLASS_COLUMNS)}), has: {', '.join(header)}"
                )
            image_column, class_column = columns
            names = _names(header)
            if again := [names[column] for column in columns if names.count(names[column]) > 1]:
                raise UserError(f"{path}: column {again[0]!r} stands in the header more than once; leave one")
            boxes = names[class_column] == BOXES
            labels: dict[str, str] = {}
            for row in rows:
                if not row:
                    continue
                fields = [field.strip() for field in row] + [""] * len(header)
                image, label = PurePosixPath(fields[image_column]).name, fields[class_column]
                label = label.split()[0] if boxes and label else label
                if not image or not label:
                    raise UserError(f"{path}, line {rows.line_num}: image or class is empty; fill it in")
                if labels.setdefault(image, label) != label:
                    raise UserError(
                        f"{path}, line {rows.line_num}: {image} has another class above; keep one"
                    )
            return labels
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise UserError(f"{path}: cannot be read as csv ({error})") from error


def _header(path: Path) -> list[str]:
    try:
        with open(path, newline="", encoding="utf-8-sig") as file:
            return next(csv.reader(file), [])
    except (OSError, UnicodeDecodeError, csv.Error):
        return []


def _names(header: Sequence[str]) -> list[str]:
    return [name.strip().lower() for name in header]


def _columns(header: Sequence[str]) -> tuple[int, int] | None:
    """Positions of the image and the class column."""
    names = _names(header)
    image = next((names.index(name) for name in IMAGE_COLUMNS if name in names), None)
    label = next((names.index(name) for name in CLASS_COLUMNS if name in names), None)
    return None if image is None or label is None else (image, label)
