"""The forest plot: every pair's top-1 difference with its interval, and all of them in one."""

from collections.abc import Mapping

from ..comparison_documents import Estimate, PairComparison, Pooled, Verdict
from ..statistics.verdict import SIGNS
from .axis import Axis
from .figure import Figure, Label, Shape, circle, diamond, line
from .formatting import MINUS, with_interval

WIDTH, ROW, TOP, BOTTOM = 440, 18, 26, 34
#: Where the differences are drawn, between the names and the numbers.
LEFT, RIGHT = 116, 284


def forest(pairs: Mapping[str, PairComparison], pooled: Pooled | None) -> Figure:
    """Of pairs by the names of their rows; `pooled` adds its own rows where there are several."""
    rows: list[tuple[str, Estimate, Verdict | None]] = [
        (name, pair.top1, pair.verdict) for name, pair in pairs.items()
    ]
    if pooled and pooled.pairs > 1:
        rows.append(("Mean of these", pooled.gain, None))
        if pooled.random_effects:
            rows.append(("Of such pairs", pooled.random_effects.mean, None))
    ends = [end for _, estimate, _ in rows for end in estimate.interval]
    axis = Axis(min(0.0, *ends), max(0.0, *ends), LEFT, RIGHT)
    bottom = TOP + ROW * len(rows)
    shapes = [Shape("grid", line(tick.place, TOP, tick.place, bottom)) for tick in axis.ticks()]
    shapes.append(Shape("zero", line(axis.place(0), TOP - 6, axis.place(0), bottom)))
    labels = [
        Label(0, 12, ", ".join(f"{sign} {word}" for word, sign in SIGNS.items())),
        Label(WIDTH, 12, "points of top-1", "end"),
        *(Label(tick.place, bottom + 16, tick.label.replace("-", MINUS), "middle") for tick in axis.ticks()),
        Label(LEFT - 60, bottom + 31, "← baseline higher"),
        Label(RIGHT + 60, bottom + 31, "DCANet higher →", "end"),
    ]
    for number, (name, estimate, verdict) in enumerate(rows):
        y = TOP + ROW * (number + 0.5)
        low, value, high = (axis.place(x) for x in (estimate.low, estimate.value, estimate.high))
        kind = verdict.replace(" ", "-") if verdict else "mean"
        if verdict:
            shapes += [Shape(f"bar {kind}", line(low, y, high, y)), Shape(kind, circle(value, y, 3.5))]
        else:
            shapes.append(Shape(kind, diamond((low + high) / 2, y, (high - low) / 2, 5)))
        sign = f"{SIGNS[verdict]} " if verdict else ""
        labels.append(Label(0, y + 4, name, kind="" if verdict else "strong"))
        labels.append(Label(WIDTH, y + 4, f"{sign}{with_interval(estimate)}", "end", kind))
    return Figure(
        "forest",
        "Top-1, DCANet − baseline",
        "Difference of top-1 in points with its interval: "
        + "; ".join(
            f"{name} {with_interval(estimate)}{f', {verdict}' if verdict else ''}"
            for name, estimate, verdict in rows
        ),
        WIDTH,
        bottom + BOTTOM,
        tuple(shapes),
        tuple(labels),
    )
