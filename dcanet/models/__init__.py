"""The 27 classifiers of Table 1: `create(name)` and `names()`."""

from .registry import TRIPLES, create, default_options, model_id, names, resolve_options

__all__ = ["TRIPLES", "create", "default_options", "model_id", "names", "resolve_options"]
