"""Training curves: the networks of a pair overlaid."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

import altair as alt

from ...documents import EpochRecord
from ...sheets import Pair
from ..chart import Chart
from ..stored import Run, Stored, evaluated
from .frame import Frame
from .labels import apart
from .look import BASELINE, CONNECTED, FONT_SIZE, WIDTH, Row, data, specification, zoom

FIELDS = {"train_loss": "Train loss", "valid_top1_percent": "Validation top-1 (%)"}
SIDES = {"baseline": BASELINE, "DCANet": CONNECTED}
DASHES = {"baseline": [1, 0], "DCANet": [5, 2]}
#: Of a plot in pixels; names stand to the right.
PLOT_WIDTH, PLOT_HEIGHT = WIDTH - 96, 190


@dataclass(frozen=True)
class _Line:
    """One quantity over the epochs of one run."""

    model: str
    side: Literal["baseline", "DCANet"]
    origin: str
    points: tuple[tuple[int, float], ...]


def training_curves(pairs: Sequence[Pair], stored: Stored) -> dict[str, tuple[Chart, ...]]:
    """By the pair's id; only runs of more than one epoch, and only pairs that have some."""
    drawn = {pair.id: tuple(_charts(pair, stored)) for pair in pairs}
    return {pair: charts for pair, charts in drawn.items() if charts}


def _charts(pair: Pair, stored: Stored) -> Iterator[Chart]:
    for field, label in FIELDS.items():
        lines = [line for line in _lines(pair, field, stored) if len(line.points) > 1]
        if not lines:
            continue
        told = (
            f"{line.side} ({line.origin}) from {line.points[0][1]:.4g} to {line.points[-1][1]:.4g}"
            for line in lines
        )
        epochs = [epoch for line in lines for epoch, _ in line.points]
        yield Chart(
            key=f"curve-{pair.id}-{field.replace('_', '-')}",
            heading=f"{pair.row}: {label}",
            summary=f"{label} of {pair.row} in epochs {min(epochs)} to {max(epochs)}: {', '.join(told)}",
            spec=_drawing(lines, label),
            rows=tuple(
                {"model": line.model, "run": line.origin, "epoch": epoch, field: number}
                for line in lines
                for epoch, number in line.points
            ),
        )


def _lines(pair: Pair, field: str, stored: Stored) -> Iterator[_Line]:
    for model in pair.models:
        for run in stored.runs[model.id]:
            numbers = ((epoch.epoch, _number(epoch, field)) for epoch in run.history)
            points = tuple((epoch, number) for epoch, number in numbers if number is not None)
            yield _Line(model.id, "DCANet" if model.connected else "baseline", _origin(run), points)


def _number(epoch: EpochRecord, field: str) -> float | None:
    found: float | None = getattr(epoch, field)
    return found


def _origin(run: Run) -> str:
    source = next((metrics.weights_source for metrics in evaluated([run])), "trained")
    return run.title if source == "trained" else source


def _drawing(lines: Sequence[_Line], label: str) -> dict[str, Any]:
    points = [point for line in lines for point in line.points]
    frame = replace(Frame.around(points, PLOT_WIDTH, PLOT_HEIGHT), x=(min(points)[0], max(points)[0]))
    x_scale, y_scale = (alt.Scale(domain=[*ends], nice=False, zero=False) for ends in (frame.x, frame.y))
    sides = [side for side in SIDES if any(line.side == side for line in lines)]
    colours = alt.Scale(domain=sides, range=[SIDES[side] for side in sides])
    dashes = alt.Scale(domain=sides, range=[DASHES[side] for side in sides])

    def of(name: str) -> alt.Chart:
        return data(name).encode(
            x=alt.X("epoch:Q", scale=x_scale, axis=alt.Axis(title="epoch", tickMinStep=1, grid=False)),
            y=alt.Y("number:Q", scale=y_scale, axis=alt.Axis(title=None, tickCount=5, minExtent=30)),
            color=alt.Color("side:N", scale=colours, legend=None),
        )

    tooltip = [
        alt.Tooltip("side:N", title="Network"),
        alt.Tooltip("run:N", title="Run"),
        alt.Tooltip("epoch:Q", title="Epoch"),
        alt.Tooltip("number:Q", title=label, format=".4f"),
    ]
    dash = alt.StrokeDash("side:N", scale=dashes, legend=None)
    chart = alt.layer(
        of("epochs").mark_line(strokeWidth=1.5, clip=True).encode(detail="line:N", strokeDash=dash),
        of("epochs").mark_point(filled=True, size=90, opacity=0, clip=True).encode(tooltip=tooltip),
        *(
            alt.Chart(alt.NamedData(name="one"))
            .mark_text(align="left", text=side, color=SIDES[side], clip=False)
            .encode(x=alt.value(PLOT_WIDTH + 6), y=alt.value(height))
            for side, height in _heights(lines, sides, frame).items()
        ),
    ).properties(width=PLOT_WIDTH, height=PLOT_HEIGHT)
    rows: list[Row] = [
        {"line": number, "side": line.side, "run": line.origin, "epoch": epoch, "number": found}
        for number, line in enumerate(lines)
        for epoch, found in line.points
    ]
    return specification(chart.add_params(zoom("zoom")), {"epochs": rows, "one": [{}]})


def _heights(lines: Sequence[_Line], sides: Sequence[str], frame: Frame) -> dict[str, float]:
    """Where each side's name stands, in pixels: at the end of its first line, clear of the other one."""
    ends = [next(line.points[-1] for line in lines if line.side == side) for side in sides]
    return dict(zip(sides, apart([frame.pixels(*end)[1] for end in ends], FONT_SIZE + 2), strict=True))
