"""What all charts share: colours that follow the page's, one look, and the data apart from the marks.

Data stand in named sets under field names that are fixed here in the code; texts from files are values only,
so that nothing in them is ever taken for a field, an expression or markup.
"""

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from itertools import accumulate
from typing import Any, TypeAlias
from unicodedata import east_asian_width

import altair as alt

from .drawable import drawable

Row: TypeAlias = Mapping[str, str | float | int | None]
#: Anything that marks can be layered or set side by side in.
AnyChart: TypeAlias = alt.Chart | alt.LayerChart | alt.HConcatChart | alt.VConcatChart | alt.FacetChart

#: Of the page's style sheet, light and dark; after the comma what a file of the drawing alone shows.
INK = "var(--ink, #191b1e)"
MUTED = "var(--muted, #575d66)"
HAIR = "var(--hair, #dcdedf)"
PAGE = "var(--page, #ffffff)"
BASELINE = "var(--chart-baseline, #7b828c)"
CONNECTED = "var(--chart-connected, #0a5fb4)"
#: Of the Pareto front, and of what is drawn as a ground for other marks.
FRONT = "var(--chart-front, #d9cfa8)"
BETTER = "var(--chart-better, #0b6e4f)"
WORSE = "var(--chart-worse, #b34700)"

#: Of a whole chart, so that it fits a telephone unscaled, and of its letters.
WIDTH, FONT_SIZE = 352, 11
#: Of a letter of that size, about.
LETTER = 6.0

#: The drawing has one name for all of it; hundreds of marks with names of their own would be read aloud.
CONFIG: dict[str, Any] = {
    "aria": False,
    "background": "transparent",
    "font": "sans-serif",
    "view": {"stroke": None},
    "concat": {"spacing": 14},
    "axis": {
        "labelColor": MUTED,
        "labelFontSize": FONT_SIZE,
        "titleColor": MUTED,
        "titleFontSize": FONT_SIZE,
        "titleFontWeight": "normal",
        "gridColor": HAIR,
        "domain": False,
        "ticks": False,
        "labelPadding": 5,
    },
    "legend": {"labelColor": MUTED, "labelFontSize": FONT_SIZE},
    "text": {"color": INK, "fontSize": FONT_SIZE},
    "title": {"color": INK, "fontSize": FONT_SIZE},
}


def specification(chart: AnyChart, datasets: Mapping[str, Sequence[Row]]) -> dict[str, Any]:
    """Vega-Lite that asks nothing of the network; tests check it against the schema, which takes its time."""
    return _with_data(_bare(chart), datasets)


def stacked(
    plots: Sequence[AnyChart], datasets: Mapping[str, Sequence[Row]], title: alt.TitleParams | None = None
) -> dict[str, Any]:
    """As `specification`, of plots one above the other; altair's `vconcat` would copy all for each."""
    parts = [_bare(plot) for plot in plots]
    found: dict[str, Any] = {"vconcat": parts}
    # A selection belongs to the whole and names the plot that it is made in.
    if selections := [selection for part in parts for selection in part.pop("params", [])]:
        found["params"] = selections
    if title is not None:
        found["title"] = title.to_dict()
    return _with_data(found, datasets)


def _bare(chart: AnyChart) -> dict[str, Any]:
    """Without altair's look and the schema's address: versions are pinned by what draws."""
    found: dict[str, Any] = chart.to_dict(validate=False)
    del found["$schema"], found["config"]
    return found


def _with_data(found: Mapping[str, Any], datasets: Mapping[str, Sequence[Row]]) -> dict[str, Any]:
    named = {name: [dict(row) for row in rows] for name, rows in datasets.items()}
    cleaned: dict[str, Any] = drawable({**found, "config": CONFIG, "padding": 2, "datasets": named})
    return cleaned


def shortened(text: str, width: float) -> str:
    """At most so wide, about, with an ellipsis where something is left out.

    Vega would cut inside of characters beyond 16 bits, of which the converter cannot draw a half.
    """
    widths = [2 * LETTER if east_asian_width(letter) in "WF" else LETTER for letter in text]
    ends = list(accumulate(widths))
    if not ends or ends[-1] <= width:
        return text
    return text[: bisect_right(ends, width - LETTER)] + "…"


def data(name: str) -> alt.Chart:
    """Marks of a named set of rows."""
    return alt.Chart(alt.NamedData(name=name))


def zoom(name: str) -> alt.Parameter:
    """Dragging moves, the wheel with Shift or Alt zooms (alone it scrolls the page), two clicks restore."""
    drag = "[pointerdown[!event.shiftKey], window:pointerup] > window:pointermove!"
    wheel = "wheel![event.altKey || event.shiftKey]"
    return alt.selection_interval(name=name, bind="scales", on=drag, translate=drag, zoom=wheel)


def brush(name: str) -> alt.Parameter:
    """Dragging with Shift marks a part of the plot; two clicks take it back."""
    drag = "[pointerdown[event.shiftKey], window:pointerup] > window:pointermove!"
    mark = alt.BrushConfig(fill=MUTED, fillOpacity=0.08, stroke=MUTED)
    return alt.selection_interval(name=name, on=drag, translate=False, zoom=False, mark=mark)


def brushed(selection: alt.Parameter) -> Any:
    """What is outside of a marked part fades."""
    return alt.when(selection).then(alt.value(1.0)).otherwise(alt.value(0.12))
