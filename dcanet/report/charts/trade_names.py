"""Where the names of networks stand in the drawing of accuracy against cost."""

from collections.abc import Sequence
from itertools import pairwise

from .frame import Frame
from .labels import Label, between, sides
from .look import Row, shortened
from .places import Family, Place

#: Networks of a backbone that are named at most, those on the Pareto front first; tooltips name all.
NAMED = 24
#: Of a name, in pixels.
WIDTH = 150


def names_by_side(family: Family, frame: Frame, scale: float) -> dict[str, list[Row]]:
    """By the side of their mark on which they stand: the tip of the arrow, or what there is instead."""

    def pixels(place: Place) -> tuple[float, float]:
        return frame.pixels(place.cost / scale, place.top1_percent)

    lines = [[*map(pixels, move.places)] for move in family.moves]
    lines.append(_steps([*map(pixels, family.front)], frame.width))
    marks = [place for line in lines for place in between(line)]
    beaten_last = sorted(family.moves, key=lambda move: not any(at in family.front for at in move.places))
    named = beaten_last[:NAMED]
    labels = [Label(shortened(move.name, WIDTH), *pixels(move.places[-1])) for move in named]
    found: dict[str, list[Row]] = {}
    placed = sides(labels, marks, frame.width, frame.height)
    for move, label, side in zip(named, labels, placed, strict=True):
        if side:
            tip = move.places[-1]
            name: Row = {"name": label.text, "cost": tip.cost / scale, "top1": tip.top1_percent}
            found.setdefault(f"names_{side}", []).append(name)
    return found


def _steps(corners: Sequence[tuple[float, float]], end: float) -> list[tuple[float, float]]:
    """Along each to the next one's x, and from the last one to the end."""
    found = []
    for (x, y), (next_x, _) in pairwise([*corners, (end, 0.0)]):
        found += [(x, y), (next_x, y)]
    return found
