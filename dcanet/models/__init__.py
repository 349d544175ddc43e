"""Classifiers by their ids: `create(name)`; `names()` are the 27 of Table 1, `known()` all.

Names and options are known without torch, which is imported when the first model is created.
"""

from typing import TYPE_CHECKING, Any

from . import builtin as _builtin  # noqa: F401  registers the package's blocks and backbones
from .forms import (
    TRIPLES,
    base_of,
    check_image_size,
    default_options,
    is_model,
    known,
    model_id,
    names,
    resolve_options,
    triple_of,
    variant_id,
)
from .registration import (
    attention_names,
    attention_source,
    backbone_names,
    backbone_source,
    register_attention,
    register_backbone,
    registrations_undone,
)

if TYPE_CHECKING:
    from .backbones import Classifier
    from .registry import assemble, create

__all__ = [
    "TRIPLES",
    "Classifier",
    "assemble",
    "attention_names",
    "attention_source",
    "backbone_names",
    "backbone_source",
    "base_of",
    "check_image_size",
    "create",
    "default_options",
    "is_model",
    "known",
    "model_id",
    "names",
    "register_attention",
    "register_backbone",
    "registrations_undone",
    "resolve_options",
    "triple_of",
    "variant_id",
]


def __getattr__(name: str) -> Any:
    if name in ("Classifier", "assemble", "create"):
        from . import registry

        return getattr(registry, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
