"""Weights: from the authors' and other checkpoints to models, and this project's own storage.

Fetching and verifying need no torch, which is imported when a state dict is read first.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .authors import from_authors
    from .mismatch import StateDictMismatch

__all__ = ["StateDictMismatch", "from_authors"]


def __getattr__(name: str) -> Any:
    if name in __all__:
        from . import authors

        return getattr(authors, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
