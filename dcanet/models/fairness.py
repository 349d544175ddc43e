"""Whether two networks differ in the connection alone, read off their options.

An option that the baseline has too is of its attention; what only the connected network has is of the
connection.
"""

from math import isclose
from typing import Any

from .options import Options
from .table1 import FORMS, model_id


def beyond_connection(baseline: Options, connected: Options) -> dict[str, tuple[Any, Any]]:
    """Options of the attention itself in which a connected network departs from its baseline."""
    return {
        key: (value, connected[key])
        for key, value in baseline.items()
        if key in connected and not _same(value, connected[key])
    }


def fair_options(baseline: Options, connected: Options) -> Options:
    """The options with which the baseline has the same attention as its connected partner."""
    return {key: value for key, (_, value) in beyond_connection(baseline, connected).items()}


def hand_ons(attention: str, form: str = "printed") -> dict[str, str]:
    """What the connected models of an attention hand on, by id; none where it is not a choice."""
    return {
        model_id(backbone, attention, True): options["hand_on"]
        for (backbone, of), choices in FORMS.items()
        if of == attention and "hand_on" in (options := choices.options(True, form))
    }


def _same(one: Any, other: Any) -> bool:
    """Momenta are written in several ways, as 1 - 0.9997 and 0.0003."""
    if isinstance(one, float) and isinstance(other, float):
        return isclose(one, other, rel_tol=1e-9)
    return bool(one == other)
