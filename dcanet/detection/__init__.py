"""The detectors of Table 2 on any ResNet of Table 1: `create(name)` and `names()`.

Names and options are known without torch, which is imported when the first detector is created.
"""

from typing import TYPE_CHECKING, Any

from .forms import DETECTORS, default_options, is_detector, names, resolve_options, split_name, variant_of

if TYPE_CHECKING:
    from .detector import Detector
    from .registry import assemble, create

__all__ = [
    "DETECTORS",
    "Detector",
    "assemble",
    "create",
    "default_options",
    "is_detector",
    "names",
    "resolve_options",
    "split_name",
    "variant_of",
]


def __getattr__(name: str) -> Any:
    if name in ("Detector", "assemble", "create"):
        from . import registry

        return getattr(registry, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
