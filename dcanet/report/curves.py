"""Training curves: the networks of a pair overlaid, as shapes that a template draws as inline SVG."""

from collections.abc import Sequence
from dataclasses import dataclass

from ..documents import EpochRecord
from ..sheets import Pair
from .axis import Axis, Tick
from .stored import Run, Stored, evaluated

#: Of a plot and of the margins around its axes, in the SVG's units.
SIZE = {"width": 440, "height": 260, "left": 48, "right": 14, "top": 28, "bottom": 36}
FIELDS = {"train_loss": "Train loss", "valid_top1_percent": "Validation top-1 (%)"}


@dataclass(frozen=True)
class Plot:
    """One quantity per epoch; `lines` are ("baseline" or "dca", the points of a polyline)."""

    heading: str
    summary: str
    lines: list[tuple[str, str]]
    x_ticks: list[Tick]
    y_ticks: list[Tick]


@dataclass(frozen=True)
class Curves:
    """The plots of a pair, and where each network's numbers come from."""

    key: str
    row: str
    plots: list[Plot]
    origins: list[str]


def curves(pairs: Sequence[Pair], stored: Stored) -> list[Curves]:
    """Those of the pairs whose training had more than one epoch."""
    drawn = []
    for pair in pairs:
        runs = {
            model.id: [run for run in stored.runs[model.id] if len(run.history) > 1] for model in pair.models
        }
        histories = [
            ("dca" if model.connected else "baseline", run.history)
            for model in pair.models
            for run in runs[model.id]
        ]
        plots = [plot for field in FIELDS if (plot := _plot(pair.row, field, histories))]
        if plots:
            origins = [f"{model}: {', '.join(map(_origin, of))}" for model, of in runs.items() if of]
            drawn.append(Curves(pair.id, pair.row, plots, origins))
    return drawn


def _origin(run: Run) -> str:
    source = next((metrics.weights_source for metrics in evaluated([run])), "trained")
    return run.title if source == "trained" else source


def _plot(row: str, field: str, histories: Sequence[tuple[str, Sequence[EpochRecord]]]) -> Plot | None:
    series = [
        (side, points)
        for side, history in histories
        if len(points := [(e.epoch, y) for e in history if (y := getattr(e, field)) is not None]) > 1
    ]
    if not series:
        return None
    epochs = [x for _, points in series for x, _ in points]
    numbers = [y for _, points in series for _, y in points]
    x_axis = Axis(min(epochs), max(epochs), SIZE["left"], SIZE["width"] - SIZE["right"])
    y_axis = Axis(min(numbers), max(numbers), SIZE["height"] - SIZE["bottom"], SIZE["top"])
    described = (
        f"{'DCANet' if side == 'dca' else 'baseline'} from {points[0][1]:.4g} to {points[-1][1]:.4g}"
        for side, points in series
    )
    return Plot(
        heading=FIELDS[field],
        summary=f"{FIELDS[field]} of {row} in epochs {min(epochs)} to {max(epochs)}: {', '.join(described)}",
        lines=[
            (side, " ".join(f"{x_axis.place(x):.1f},{y_axis.place(y):.1f}" for x, y in points))
            for side, points in series
        ],
        x_ticks=x_axis.ticks(least_step=1),
        y_ticks=y_axis.ticks(),
    )
