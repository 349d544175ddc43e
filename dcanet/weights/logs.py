"""The authors' training logs: a line of titles, then a line of numbers per epoch."""

import re
from collections.abc import Mapping
from pathlib import Path

from pydantic import ValidationError

from ..documents import EpochRecord
from ..errors import UserError
from .pages import describe_page, is_page

#: What a title must contain, and may not, to head a column; spelling and order vary.
_TITLES = {
    "epoch": (r"epoch", None),
    "learning_rate": (r"learning ?rate|^lr$", None),
    "train_loss": (r"^(?=.*train).*loss", None),
    "valid_loss": (r"^(?=.*(val|test)).*loss", None),
    "train_top1_percent": (r"^(?=.*train).*(acc|top ?1|prec)", r"5"),
    "valid_top1_percent": (r"^(?=.*(val|test)).*(acc|top ?1|prec)", r"5"),
    "valid_top5_percent": (r"top ?5|(acc|prec)\D*5", r"train"),
}


def read_log(path: Path) -> list[EpochRecord]:
    """The epochs of a log; UserError names file and line of what is wrong."""
    try:
        content = Path(path).read_bytes()
        lines = content.decode("utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(f"{path}: cannot be read as text ({error}); fetch it again") from error
    if is_page(content):
        raise UserError(f"{path}: is not a log but {describe_page(content)}; delete it")
    rows = [(number, _cells(line)) for number, line in enumerate(lines, start=1) if line.strip()]
    if len(rows) < 2:
        raise UserError(f"{path}: has no epochs; fetch it again")
    titles = rows[0][1]
    columns = _columns(path, titles)
    # A run that was resumed may have its titles again.
    rows = [(number, cells) for number, cells in rows if cells != titles]
    for number, cells in rows:
        if len(cells) != len(titles):
            raise UserError(f"{path}: line {number}: {len(cells)} columns, the titles have {len(titles)}")
    return [
        _epoch(f"{path}: line {number}", {"epoch": epoch} | {name: cells[i] for name, i in columns.items()})
        for epoch, (number, cells) in enumerate(rows, start=1)
    ]


def _cells(line: str) -> list[str]:
    return [cell.strip() for cell in line.strip().split("\t")]


def _columns(path: Path, titles: list[str]) -> dict[str, int]:
    """Where each field stands; without a column of epochs, lines count them."""
    plain = [re.sub(r"[\W_]+", " ", title).strip().lower() for title in titles]
    columns: dict[str, int] = {}
    for name, (wanted, unwanted) in _TITLES.items():
        found = [
            index
            for index, title in enumerate(plain)
            if re.search(wanted, title) and not (unwanted and re.search(unwanted, title))
        ]
        if len(found) == 1:
            columns[name] = found[0]
        elif found or name != "epoch":
            raise UserError(
                f"{path}: line 1: {len(found)} columns for {name.replace('_', ' ')} among {titles}; "
                "there must be one, and tabs between the titles"
            )
    return columns


def _epoch(where: str, values: Mapping[str, object]) -> EpochRecord:
    try:
        return EpochRecord.model_validate(values)
    except ValidationError as error:
        first = error.errors()[0]
        raise UserError(f"{where}: {first['loc'][0]} {first['input']!r}: {first['msg']}") from error
