"""Training recipes of plug-ins: functions that return what a recipe file would hold."""

from collections.abc import Callable, Mapping
from typing import Any

from ..errors import UserError
from .registry import Registry

Function = Callable[[], Mapping[str, Any]]

RECIPES: Registry[dict[str, Any]] = Registry("recipe")


def register_recipe(name: str) -> Callable[[Function], Function]:
    """Decorator: make a training recipe known by this name.

    The function takes nothing and returns a mapping of a recipe's keys (docs/training.md); it is checked as a
    file is. The config then says `recipes: {BACKBONE: NAME}`.

    Raises:
        UserError: the name is taken, or the function returns no mapping.
    """
    RECIPES.check(name)

    def register(function: Function) -> Function:
        if not callable(function):
            raise UserError(f"recipe {name!r}: is a {type(function).__name__}; decorate a function")
        values = function()
        if not isinstance(values, Mapping):
            raise UserError(
                f"recipe {name!r}: its function returns a {type(values).__name__}; return the recipe's keys "
                "and values, as {'epochs': 1, ...}"
            )
        RECIPES.add(name, dict(values))
        return function

    return register
