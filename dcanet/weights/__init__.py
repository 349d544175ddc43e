"""Weights: from the authors' and other checkpoints to models, and this project's own storage."""

from .authors import StateDictMismatch, from_authors

__all__ = ["StateDictMismatch", "from_authors"]
