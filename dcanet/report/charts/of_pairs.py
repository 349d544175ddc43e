"""The charts that each pair has for itself."""

from collections.abc import Sequence

from ...sheets import Pair
from ..chart import Chart
from ..stored import Stored
from .curves import training_curves
from .per_class import class_changes

#: With more pairs than these the charts would take minutes to draw, and the page tens of megabytes.
LIMIT = 100


def pair_charts(pairs: Sequence[Pair], stored: Stored) -> dict[str, tuple[Chart, ...]]:
    """By the pair's id: training curves, then what becomes of each class. None of more than LIMIT pairs."""
    if len(pairs) > LIMIT:
        return {}
    curves, classes = training_curves(pairs, stored), class_changes(pairs, stored)
    return {
        pair.id: charts for pair in pairs if (charts := (*curves.get(pair.id, ()), *classes.get(pair.id, ())))
    }
