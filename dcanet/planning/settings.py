"""The config of a plan: as of a file, with single keys changed, and with data that need not be there yet."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ..config import Config, parse_config, read_yaml
from ..config_sections import DataOnDisk
from ..errors import UserError
from ..yaml_text import parse_yaml

#: A folder that is there, for the check of a config whose data are not.
_ANY_FOLDER = "."


def read_settings(path: Path, changes: Sequence[str] = ()) -> Config:
    """The checked config, `changes` are KEY=VALUE with dots in the key.

    A plan is made before hundreds of gigabytes are fetched, so folders of data may be absent.

    Raises:
        UserError: as `load_config`.
    """
    values = read_yaml(path)
    for change in changes:
        _change(values, change)
    absent = _set_aside(values)
    config = parse_config(values, str(path))
    for section, folder in ((config.data, absent.get("data")), (_detection_data(config), absent.get("coco"))):
        if folder and isinstance(section, DataOnDisk):
            section.path = folder
    return config


def _detection_data(config: Config) -> Any:
    return config.detection.data if config.detection else None


def _set_aside(values: dict[str, Any]) -> dict[str, str]:
    """Put folders that are there in the place of those that are not; the ones that were meant."""
    found: dict[str, str] = {}
    detection = values.get("detection")
    sections = {
        "data": values.get("data"),
        "coco": detection.get("data") if isinstance(detection, dict) else None,
    }
    for name, section in sections.items():
        if not isinstance(section, dict):
            continue
        path = section.get("path")
        if isinstance(path, str) and not Path(path).exists():
            found[name], section["path"] = path, _ANY_FOLDER
        tests = section.get("tests")
        if isinstance(tests, dict):
            section["tests"] = {
                test: folder if Path(str(folder)).exists() else _ANY_FOLDER
                for test, folder in tests.items()
                # Labels are scored from predictions, which takes no device; nothing is planned for them.
                if not str(folder).endswith(".json") or Path(folder).exists()
            }
    return found


def _change(values: dict[str, Any], change: str) -> None:
    """Set one key; UserError for a change that is no KEY=VALUE or a key below something else."""
    key, separator, text = change.partition("=")
    if not separator or not key:
        raise UserError(f"--set {change!r}: expected KEY=VALUE, e.g. training.processes=1")
    *outer, last = key.split(".")
    section: Any = values
    for name in outer:
        if section.get(name) is None:
            section[name] = {}
        section = section[name]
        if not isinstance(section, dict):
            raise UserError(f"--set {change!r}: {name} has no keys below it")
    section[last] = parse_yaml(text, f"--set {change!r}")
