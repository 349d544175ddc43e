"""All contracts of everything that a plug-in registers."""

from collections.abc import Iterator

from ..plugins.datasets import DATASETS
from ..plugins.loading import Plugin
from ..plugins.metrics import METRICS
from .outcome import Outcome, tried


def contracts_of(plugin: Plugin) -> Iterator[tuple[str, Iterator[Outcome]]]:
    """Kind and name of each thing, and how its contracts come out, one by one."""
    for kind, name in plugin.registered:
        yield f"{kind} {name}", _outcomes(plugin, kind, name)


def _outcomes(plugin: Plugin, kind: str, name: str) -> Iterator[Outcome]:
    # Only what is needed is imported: torch, for one, takes seconds.
    if kind == "attention":
        from . import attention

        return tried(attention.CONTRACTS, attention.AttentionSubject(name), plugin.path)
    if kind == "backbone":
        from . import backbone

        return tried(backbone.CONTRACTS, backbone.BackboneSubject(name), plugin.path)
    from . import others

    if kind == "dataset":
        return tried(others.DATASET, DATASETS[name], plugin.path)
    if kind == "metric":
        return tried(others.METRIC, METRICS[name], plugin.path)
    return tried(others.RECIPE, name, plugin.path)
