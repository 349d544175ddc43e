"""Data sets of plug-ins: functions that write an ordinary folder of images."""

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..errors import UserError, nearest
from .registry import Registry

#: Takes an empty folder and settings; writes <folder>/train/<class>/<file> and <folder>/val/<class>/<file>.
Writer = Callable[..., Any]
#: Kinds of data that the config knows without a plug-in.
BUILT_IN = ("digits", "folder")


@dataclass(frozen=True)
class OwnDataset:
    """A registered data set."""

    name: str
    write: Writer

    @property
    def settings(self) -> dict[str, inspect.Parameter]:
        """What the config may say beside the name: the function's parameters after the folder."""
        return dict(list(inspect.signature(self.write).parameters.items())[1:])

    def check(self, given: Mapping[str, Any]) -> None:
        """UserError for a setting that the function does not take, or one that it needs and lacks."""
        known = self.settings
        for key in given:
            if key not in known:
                ending = nearest(key, list(known)) if known else "; it has no settings"
                raise UserError(f"data: {self.name} has no setting {key!r}{ending}")
        for key, parameter in known.items():
            if parameter.default is parameter.empty and key not in given:
                raise UserError(f"data: {self.name} needs the setting {key!r}; add it")


DATASETS: Registry[OwnDataset] = Registry("dataset", BUILT_IN)


def register_dataset(name: str) -> Callable[[Writer], Writer]:
    """Decorator: make a data set known by this name.

    The function takes an empty folder (pathlib.Path) and settings, each a parameter of its own, and writes an
    ordinary image folder, train/<class>/<file> and val/<class>/<file>. The same settings must give the same
    bytes. The config then says `data: {name: NAME, SETTING: VALUE}`.

    Raises:
        UserError: the name is taken, or the function cannot be called so.
    """
    DATASETS.check(name)

    def register(write: Writer) -> Writer:
        if not callable(write):
            raise UserError(f"dataset {name!r}: is a {type(write).__name__}; decorate a function")
        parameters = list(inspect.signature(write).parameters.values())
        if not parameters:
            raise UserError(f"dataset {name!r}: its function takes no folder; its first parameter is one")
        for each in parameters:
            if each.kind in (each.VAR_POSITIONAL, each.VAR_KEYWORD):
                raise UserError(f"dataset {name!r}: its function takes *{each.name}; name each setting")
        DATASETS.add(name, OwnDataset(name, write))
        return write

    return register


def check_settings(name: str, settings: Mapping[str, Any]) -> None:
    """UserError for a data set that there is not, or settings that are not its own."""
    if name not in DATASETS:
        known = [*BUILT_IN, *DATASETS.names()]
        raise UserError(f"data.name: unknown data set {name!r}{nearest(name, known)}")
    DATASETS[name].check(settings)


def write_into(dataset: OwnDataset, folder: Path, settings: Mapping[str, Any]) -> None:
    """Have a data set written into an empty folder; UserError where its code fails."""
    dataset.check(settings)
    try:
        dataset.write(folder, **settings)
    except Exception as error:  # whatever a plug-in's code may raise
        from .failure import told

        raise UserError(f"dataset {dataset.name!r}: {told(error, dataset.write)}") from error
