"""The drawing of accuracy against cost: a plot for each backbone, one above the other."""

from collections.abc import Sequence
from math import atan2, degrees
from typing import Any

import altair as alt

from .frame import Frame
from .labels import SIDES
from .look import (
    BASELINE,
    CONNECTED,
    FRONT,
    MUTED,
    PAGE,
    WIDTH,
    AnyChart,
    Row,
    brush,
    brushed,
    data,
    shortened,
    stacked,
    zoom,
)
from .places import Family, Move
from .trade_names import names_by_side

#: Of the plot of one backbone, in pixels.
PLOT_WIDTH, PLOT_HEIGHT = WIDTH - 42, 170


def trade_plots(families: Sequence[Family], axis: str, scale: float) -> dict[str, Any]:
    """Vega-Lite of these networks; costs are shown in units of `scale`, which `axis` names."""
    plots: list[AnyChart] = []
    datasets: dict[str, list[Row]] = {}
    for number, family in enumerate(families):
        points = [(place.cost / scale, place.top1_percent) for place in family.places]
        frame = Frame.around(points, PLOT_WIDTH, PLOT_HEIGHT)
        found = _datasets(family, frame, scale) | names_by_side(family, frame, scale)
        plots.append(_plot(family.name, number, frame, [*found], axis))
        datasets |= {f"{name}_{number}": rows for name, rows in found.items()}
    legend = alt.TitleParams(
        "○ baseline → ▲ DCANet, stepped: Pareto front",
        anchor="start",
        offset=10,
        color=MUTED,
        fontWeight="normal",
    )
    return stacked(plots, datasets, legend)


def _plot(name: str, number: int, frame: Frame, sets: Sequence[str], axis: str) -> AnyChart:
    x_scale, y_scale = (alt.Scale(domain=[*ends], nice=False, zero=False) for ends in (frame.x, frame.y))
    x = alt.X("cost:Q", scale=x_scale, axis=alt.Axis(title=axis, tickCount=5))
    y = alt.Y("top1:Q", scale=y_scale, axis=alt.Axis(title=None, tickCount=5, minExtent=30))
    tooltip = [
        alt.Tooltip("name:N", title="Network"),
        alt.Tooltip("side:N", title="Side"),
        alt.Tooltip("top1:Q", title="Top-1 (%)", format=".2f"),
        alt.Tooltip("cost:Q", title=axis, format=",.4f"),
        alt.Tooltip("front:N", title="On the Pareto front"),
    ]

    def of(name: str) -> alt.Chart:
        return data(f"{name}_{number}").encode(x=x, y=y)

    marks: dict[str, Any] = {"strokeWidth": 1.5, "size": 52, "clip": True}
    heads = alt.Angle("angle:Q", scale=None)
    part = brush(f"brush_{number}")
    opacity = brushed(part)
    layers = [
        of("front").mark_line(interpolate="step-after", color=FRONT, strokeWidth=3, clip=True),
        of("arrows")
        .mark_rule(color=CONNECTED, strokeWidth=1.25, clip=True)
        .encode(x2="cost2:Q", y2="top2:Q"),
        of("baseline")
        .mark_point(fill=PAGE, stroke=BASELINE, **marks)
        .encode(tooltip=tooltip, opacity=opacity),
        of("connected")
        .mark_point(fill=CONNECTED, stroke=None, shape="triangle", **marks)
        .encode(angle=heads, tooltip=tooltip, opacity=opacity),
    ]
    for key, side in SIDES.items():
        if f"names_{key}" in sets:
            names = of(f"names_{key}").mark_text(
                align=side.align, baseline="middle", dx=side.dx, dy=side.dy, clip=True
            )
            layers.append(names.encode(text="name:N", opacity=opacity))
    title = alt.TitleParams(f"{shortened(name, WIDTH - 80)}, top-1 (%)", anchor="start", frame="bounds")
    plot = alt.layer(*layers).properties(width=PLOT_WIDTH, height=PLOT_HEIGHT, title=title)
    return plot.add_params(zoom(f"zoom_{number}"), part)


def _datasets(family: Family, frame: Frame, scale: float) -> dict[str, list[Row]]:
    front = [(place.cost / scale, place.top1_percent) for place in family.front]
    points: list[Row] = [
        {
            "name": move.name,
            "side": "DCANet" if place is move.connected else "baseline",
            "cost": place.cost / scale,
            "top1": place.top1_percent,
            "front": "yes" if place in family.front else "no",
            "angle": _angle(move, frame, scale),
        }
        for move in family.moves
        for place in move.places
    ]
    arrows: list[Row] = [
        {
            "cost": move.baseline.cost / scale,
            "top1": move.baseline.top1_percent,
            "cost2": move.connected.cost / scale,
            "top2": move.connected.top1_percent,
        }
        for move in family.moves
        if move.baseline and move.connected
    ]
    return {
        "front": [{"cost": x, "top1": y} for x, y in (*front, (frame.x[1], front[-1][1]))],
        "arrows": arrows,
        "baseline": [point for point in points if point["side"] == "baseline"],
        "connected": [point for point in points if point["side"] == "DCANet"],
    }


def _angle(move: Move, frame: Frame, scale: float) -> float:
    """Of the arrow, in degrees clockwise from upwards."""
    if not (move.baseline and move.connected):
        return 0
    (x1, y1), (x2, y2) = (frame.pixels(place.cost / scale, place.top1_percent) for place in move.places)
    return degrees(atan2(x2 - x1, y1 - y2))
