"""A plug-in's data set, written to disk as an ordinary ImageFolder."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ..documents import Dataset
from ..errors import UserError
from ..plugins.datasets import DATASETS, write_into
from .describe import describe
from .whole_folder import MANIFEST, whole_folder


def write_own(out: Path, name: str, settings: Mapping[str, Any]) -> Dataset:
    """Write a registered data set below `out`, all or nothing.

    Raises:
        UserError: there is no such data set, a setting is not one of its own, its code fails, or what it
            writes is no image folder with train and val.
    """
    dataset = DATASETS[name]
    with whole_folder(out, name, ("train", "val")) as temporary:
        write_into(dataset, temporary, settings)
        found = sorted(entry.name for entry in temporary.iterdir())
        if found != ["train", "val"]:
            raise UserError(
                f"dataset {name!r}: writes {', '.join(found) or 'nothing'}; a data set is "
                "train/<class>/<file> and val/<class>/<file>"
            )
        told = ", ".join(f"{key} {value}" for key, value in settings.items()) or "no settings"
        try:
            described = describe(temporary, name=f"{name} ({told})")
        except UserError as error:
            raise UserError(f"dataset {name!r}: {str(error).replace(str(temporary), str(out))}") from error
        described.save(temporary / MANIFEST)
    return described
