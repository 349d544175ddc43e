"""The kinds of things that a plug-in can register, and what there is of each."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

from ..models import registration
from .datasets import DATASETS
from .metrics import METRICS
from .recipes import RECIPES
from .registry import Registry

#: Kind and name of something registered.
Name = tuple[str, str]
_OWN: dict[str, Registry[Any]] = {"dataset": DATASETS, "metric": METRICS, "recipe": RECIPES}


def registered() -> list[Name]:
    """Everything that there is, the project's own too."""
    return [
        *(("attention", name) for name in registration.attention_names()),
        *(("backbone", name) for name in registration.backbone_names()),
        *((kind, name) for kind, registry in _OWN.items() for name in registry.names()),
    ]


@contextmanager
def registrations_undone() -> Iterator[None]:
    """Whatever is registered while this lasts is forgotten afterwards; for tests."""
    with ExitStack() as stack:
        stack.enter_context(registration.registrations_undone())
        for registry in _OWN.values():
            stack.enter_context(registry.undone())
        yield
