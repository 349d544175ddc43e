"""Accuracy against multiply-adds: an arrow from each baseline to its connected partner."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from statistics import mean

from ..profile_documents import ModelCosts
from ..sheets import Classifier, Pair
from .axis import Axis
from .figure import Figure, Label, Shape, circle, line
from .stored import Stored, evaluated

WIDTH, HEIGHT = 440, 260
LEFT, RIGHT, TOP, BOTTOM = 48, 392, 34, 36
#: Of a network's name, about.
NAME_WIDTH, NAME_HEIGHT = 100, 11


@dataclass(frozen=True)
class _Place:
    macs: float
    top1: float


def trades(pairs: Sequence[Pair], stored: Stored) -> tuple[Figure, ...]:
    """One drawing for each backbone that has a network of known cost and accuracy."""
    figures = (
        _trade(backbone, list(members), stored)
        for backbone, members in groupby(pairs, lambda pair: pair.baseline.backbone)
    )
    return tuple(figure for figure in figures if figure)


def _place(model: Classifier | None, stored: Stored) -> _Place | None:
    if model is None:
        return None
    costs, found = stored.cost_of(model.id), evaluated(stored.runs[model.id])
    if not found or not isinstance(costs, ModelCosts):
        return None
    return _Place(costs.macs["fvcore"].total / 10**9, mean(metrics.top1_percent for metrics in found))


def _trade(backbone: str, pairs: Sequence[Pair], stored: Stored) -> Figure | None:
    placed = [(pair.row, _place(pair.baseline, stored), _place(pair.connected, stored)) for pair in pairs]
    points = [point for _, *both in placed for point in both if point]
    if not points:
        return None
    x_axis = _axis([point.macs for point in points], LEFT, RIGHT)
    y_axis = _axis([point.top1 for point in points], HEIGHT - BOTTOM, TOP)
    bottom = HEIGHT - BOTTOM
    shapes = [Shape("grid", line(LEFT, tick.place, RIGHT, tick.place)) for tick in y_axis.ticks()]
    labels = [
        Label(0, 12, "Top-1 (%) against MACs (G, fvcore)"),
        *(Label(LEFT - 6, tick.place + 4, tick.label, "end") for tick in y_axis.ticks()),
        *(Label(tick.place, bottom + 18, tick.label, "middle") for tick in x_axis.ticks()),
        Label(WIDTH, HEIGHT - 2, "○ baseline → ● DCANet", "end"),
    ]
    names: list[Label] = []
    for name, baseline, connected in placed:
        if baseline:
            x, y = x_axis.place(baseline.macs), y_axis.place(baseline.top1)
            if connected:
                tip = x_axis.place(connected.macs), y_axis.place(connected.top1)
                shapes += [Shape("arrow", line(x, y, *tip)), Shape("point", circle(*tip, 3.5))]
            shapes.append(Shape("ring", circle(x, y, 3.5)))
        if at := connected or baseline:
            x, y = x_axis.place(at.macs), y_axis.place(at.top1) + 4
            # To the left where there is no room to the right.
            right = x < (LEFT + RIGHT) / 2
            names.append(Label(x + (7 if right else -7), y, name, "start" if right else "end"))
    return Figure(
        f"trade-{backbone}",
        f"Accuracy against cost, {placed[0][0]}",
        f"Top-1 against MACs of {backbone}: {'; '.join(_told(placed))}",
        WIDTH,
        HEIGHT,
        tuple(shapes),
        (*labels, *_apart(names)),
    )


def _axis(numbers: Sequence[float], begin: float, end: float) -> Axis:
    """With a margin on both sides."""
    low, high = min(numbers), max(numbers)
    margin = 0.06 * (high - low) or 0.05 * abs(high) or 1.0
    return Axis(low - margin, high + margin, begin, end)


def _apart(labels: Sequence[Label]) -> list[Label]:
    """Moved down where they would cover each other."""
    placed: list[Label] = []
    for label in sorted(labels, key=lambda label: label.y):
        beside = [other.y for other in placed if abs(other.x - label.x) < NAME_WIDTH]
        placed.append(replace(label, y=max([label.y, *(y + NAME_HEIGHT for y in beside)])))
    return placed


def _told(placed: Sequence[tuple[str, _Place | None, _Place | None]]) -> Iterator[str]:
    for name, *both in placed:
        known = [f"{point.top1:.2f} % at {point.macs:.3f} G" for point in both if point]
        if known:
            yield f"{name} {' to '.join(known)}"
