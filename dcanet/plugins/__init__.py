"""What a plug-in imports to register an attention block, backbone, data set, metric or recipe of its own.

See docs/extending.md. How plug-ins are loaded is in `loading`.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from ..models.registration import register_attention, register_backbone
from .datasets import register_dataset
from .metrics import register_metric
from .recipes import register_recipe

if TYPE_CHECKING:
    from ..models.attention import (
        Attention,
        AttentionBuilder,
        ChannelAttention,
        SpatialAttention,
        over_space,
        pool,
    )
    from ..models.backbones import Classifier
    from ..models.connection import Connection, Join, match_vectors
    from ..models.layers import ConvNormAct

__all__ = [
    "Attention",
    "AttentionBuilder",
    "ChannelAttention",
    "Classifier",
    "Connection",
    "ConvNormAct",
    "Join",
    "SpatialAttention",
    "match_vectors",
    "over_space",
    "pool",
    "register_attention",
    "register_backbone",
    "register_dataset",
    "register_metric",
    "register_recipe",
]

#: Where the parts of networks are. They need torch, which is imported when a plug-in asks for one.
_MODULES = {
    "attention": (
        "Attention",
        "AttentionBuilder",
        "ChannelAttention",
        "SpatialAttention",
        "over_space",
        "pool",
    ),
    "backbones": ("Classifier",),
    "connection": ("Connection", "Join", "match_vectors"),
    "layers": ("ConvNormAct",),
}


def __getattr__(name: str) -> Any:
    for module, names in _MODULES.items():
        if name in names:
            return getattr(import_module(f"dcanet.models.{module}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
