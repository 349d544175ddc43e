"""What is wrong with a config, in one line with the key and the fix."""

from pydantic import BaseModel, ValidationError

from .config_sections import (
    DetectionSettings,
    DigitsData,
    FocusSettings,
    FolderData,
    MeasurementSettings,
    ProfileSettings,
    ScenesData,
    StatisticsSettings,
    TrainingSettings,
)
from .errors import first_problem, nearest
from .weights.sources import Url


def explained(error: ValidationError, whole: type[BaseModel]) -> str:
    """The first problem of a config, `whole` by its model, with the nearest known key for an unknown one."""
    kind, where, message = first_problem(error)
    if kind == "extra_forbidden":
        *outer, key = where.split(".")
        sections: dict[str, type[BaseModel]] = {
            "digits": DigitsData,
            "folder": FolderData,
            "profile": ProfileSettings,
            "measurements": MeasurementSettings,
            "statistics": StatisticsSettings,
            "focus": FocusSettings,
            "training": TrainingSettings,
            "detection": DetectionSettings,
            "scenes": ScenesData,
            "url": Url,
        }
        inner = [part for part in outer if not part.isdigit()]  # without places in a list
        section = sections.get(inner[-1], whole) if inner else whole
        return f"unknown key {where!r}{nearest(key, list(section.model_fields))}"
    if kind == "missing":
        return f"key {where!r} is missing; add it"
    if where == "seeds" and kind == "too_short":
        return "seeds: needs at least one seed, e.g. seeds: [0]"
    return f"{where}: {message}" if where else message
