"""The drawing of costs by part: whole networks, and the connection beside them on an axis of its own."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import Any

import altair as alt

from ...profile_documents import Parts
from .look import CONNECTED, MUTED, WIDTH, AnyChart, Row, data, shortened, stacked

COLOURS = {
    "backbone": "var(--chart-backbone, #c9cdd2)",
    "attention": "var(--chart-attention, #868e98)",
    "connection": CONNECTED,
    "head": "var(--chart-head, #e6e1d3)",
}
#: Of names, bars, the connection's bars, and a row, in pixels; shares stand to the right.
NAMES, BARS, ALONE, ROW = 76, 134, 72, 15


@dataclass(frozen=True)
class Bar:
    """What a network costs."""

    name: str
    model: str
    parts: Parts

    @property
    def share(self) -> str:
        """The connection's of the whole, in percent; empty where there is none."""
        return f"{100 * self.parts.connection / self.parts.total:.2g} %" if self.parts.connection else ""

    @property
    def told(self) -> str:
        return f" ({self.share})" if self.share else ""


def bar_plots(families: Mapping[str, Sequence[Bar]], axis: str) -> dict[str, Any]:
    """Vega-Lite of these networks by backbone; `axis` names what is counted."""
    plots: list[AnyChart] = []
    datasets: dict[str, list[Row]] = {}
    for number, (family, bars) in enumerate(families.items()):
        datasets[f"networks_{number}"] = [
            {"row": place, "name": shortened(bar.name, NAMES - 6), "share": bar.share}
            for place, bar in enumerate(bars)
        ]
        parts = [row for place, bar in enumerate(bars) for row in _parts(place, bar)]
        datasets[f"parts_{number}"] = parts
        added = [row for row in parts if row["part"] == "connection" and row["count"]]
        datasets[f"connection_{number}"] = [{**row, "begin": 0, "end": row["count"]} for row in added]
        plots.append(_plot(family, number, axis, bool(added)))
    return stacked(plots, datasets)


def _plot(family: str, number: int, axis: str, connected: bool) -> AnyChart:
    y = alt.Y("row:O", axis=None)
    colours = alt.Scale(domain=[*COLOURS], range=[*COLOURS.values()])
    legend = alt.Legend(orient="top", title=None, symbolType="square", symbolStrokeWidth=0, offset=4)

    def bars(name: str, title: str, ticks: int, **look: Any) -> alt.Chart:
        chart: alt.Chart = (
            data(f"{name}_{number}")
            .mark_bar(height=10, **look)
            .encode(
                x=alt.X(
                    "begin:Q", axis=alt.Axis(title=title, tickCount=ticks, format="~s", labelFlush=False)
                ),
                x2="end:Q",
                y=y,
                color=alt.Color("part:N", scale=colours, legend=legend),
                tooltip=[
                    alt.Tooltip("name:N", title="Network"),
                    alt.Tooltip("part:N", title="Part"),
                    alt.Tooltip("count:Q", title="Count", format=","),
                    alt.Tooltip("share:Q", title="Of the whole", format=".2~%"),
                ],
            )
        )
        return chart

    def texts(x: float, field: str, **look: Any) -> alt.Chart:
        marks = data(f"networks_{number}").mark_text(align="left", **look)
        chart: alt.Chart = marks.encode(x=alt.value(x), y=y, text=field)
        return chart

    whole = alt.layer(bars("parts", axis, 3), texts(-NAMES, "name:N"))
    title, height = alt.TitleParams(shortened(family, WIDTH), anchor="start", frame="bounds"), alt.Step(ROW)
    whole = whole.properties(width=BARS, height=height, title=title)
    if not connected:
        return whole
    # The outline keeps the least of them from vanishing.
    alone = alt.layer(
        bars("connection", "connection alone", 2, stroke=CONNECTED, strokeWidth=0.75),
        texts(ALONE + 6, "share:N", color=MUTED),
    )
    # Flush, so that the plots of all backbones stand below each other whatever their axes say.
    return alt.hconcat(whole, alone.properties(width=ALONE, height=height), bounds="flush", spacing=32)


def _parts(place: int, bar: Bar) -> list[Row]:
    counts = [getattr(bar.parts, part) for part in COLOURS]
    ends = [*accumulate(counts)]
    return [
        {
            "row": place,
            "name": bar.name,
            "part": part,
            "count": count,
            "begin": end - count,
            "end": end,
            "share": count / bar.parts.total if bar.parts.total else 0,
        }
        for part, count, end in zip(COLOURS, counts, ends, strict=True)
    ]
