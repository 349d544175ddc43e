"""Accuracy against cost: an arrow from each baseline to its connected partner, and the Pareto front."""

from collections.abc import Iterator, Sequence
from statistics import mean

from ...sheets import Classifier, Pair
from ..chart import Chart
from ..stored import Stored, evaluated
from .costs_of import Cost, costs_of
from .families import by_backbone
from .look import Row
from .places import Family, Move, Place
from .trade_plot import trade_plots


def trades(pairs: Sequence[Pair], stored: Stored) -> tuple[Chart, ...]:
    """A chart for each cost, with a plot for each backbone that has a network of known cost and accuracy."""
    return tuple(chart for cost in costs_of(stored) if (chart := _chart(cost, pairs, stored)))


def _chart(cost: Cost, pairs: Sequence[Pair], stored: Stored) -> Chart | None:
    families = []
    for members in by_backbone(pairs):
        moves = [_move(name, pair, cost, stored) for name, pair in members.pairs.items()]
        if known := [move for move in moves if move.places]:
            families.append(Family(members.name, tuple(known)))
    if not families:
        return None
    return Chart(
        key=f"trade-{cost.key}",
        heading=f"Top-1 against {cost.heading}",
        summary=f"Top-1 in percent against {cost.axis}. {'; '.join(_told(each, cost) for each in families)}",
        spec=trade_plots(families, cost.axis, cost.scale),
        rows=tuple(row for family in families for row in _rows(family, cost)),
    )


def _move(name: str, pair: Pair, cost: Cost, stored: Stored) -> Move:
    def place(model: Classifier | None) -> Place | None:
        found = evaluated(stored.runs[model.id]) if model else []
        price = cost.of(pair, model) if model else None
        if model is None or not found or price is None:
            return None
        return Place(model.id, price, mean(metrics.top1_percent for metrics in found))

    return Move(name, place(pair.baseline), place(pair.connected))


def _told(family: Family, cost: Cost) -> str:
    moves = (
        f"{move.name} "
        + " to ".join(f"{place.top1_percent:.2f} at {place.cost / cost.scale:.4g}" for place in move.places)
        for move in family.moves
    )
    return f"{family.name}: {', '.join(moves)}"


def _rows(family: Family, cost: Cost) -> Iterator[Row]:
    for move in family.moves:
        for place in move.places:
            yield {
                "backbone": family.name,
                "network": move.name,
                "model": place.model,
                "connected": "yes" if place is move.connected else "no",
                cost.column: place.cost,
                "top1_percent": place.top1_percent,
                "pareto_front": "yes" if place in family.front else "no",
            }
