"""The 27 classifiers of Table 1: `create(name)` and `names()`.

Names and options are known without torch, which is imported when the first model is created.
"""

from typing import TYPE_CHECKING, Any

from .forms import TRIPLES, check_image_size, default_options, model_id, names, resolve_options

if TYPE_CHECKING:
    from .backbones import Classifier
    from .registry import assemble, create

__all__ = [
    "TRIPLES",
    "Classifier",
    "assemble",
    "check_image_size",
    "create",
    "default_options",
    "model_id",
    "names",
    "resolve_options",
]


def __getattr__(name: str) -> Any:
    if name in ("Classifier", "assemble", "create"):
        from . import registry

        return getattr(registry, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
