"""Rows of differences with their intervals: the grammar of the forest plot and of single classes."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import altair as alt

from ...comparison_documents import Estimate, Verdict
from ...statistics.verdict import SIGNS
from ..formatting import with_interval
from .look import BETTER, INK, MUTED, WORSE, Row, data, shortened, specification

#: Of the names, of the differences beside them, and of a row, in pixels; the numbers stand to the right.
NAMES, PLOT, ROW = 108, 104, 17
#: A colour and a form for each verdict, and for a mean, which has none; signs stand beside the numbers.
COLOURS: dict[str, str] = {"better": BETTER, "worse": WORSE, "not distinguishable": MUTED, "mean": INK}
FORMS = {
    "better": "triangle-up",
    "worse": "triangle-down",
    "not distinguishable": "circle",
    "mean": "diamond",
}


@dataclass(frozen=True)
class Interval:
    """A named difference; without a verdict it is a mean of others."""

    name: str
    estimate: Estimate
    verdict: Verdict | None
    detail: str = ""
    """What a tooltip says besides."""

    @property
    def text(self) -> str:
        """The numbers after the verdict's sign."""
        return f"{SIGNS[self.verdict]} {self}" if self.verdict else str(self)

    def __str__(self) -> str:
        return with_interval(self.estimate)


def most_changed(rows: Sequence[Interval], count: int) -> list[Interval]:
    """So many at most, in their order; a longer drawing is one that nobody reads."""
    by_size = sorted(range(len(rows)), key=lambda place: -abs(rows[place].estimate.value))
    return [rows[place] for place in sorted(by_size[:count])]


def interval_rows(rows: Sequence[Interval], unit: str, detail: str) -> dict[str, Any]:
    """Vega-Lite of the rows from top to bottom; `unit` names the axis, `detail` what tooltips say besides."""
    ends = [end for row in rows for end in row.estimate.interval]
    scale = alt.Scale(domain=[min([0.0, *ends]), max([0.0, *ends])], nice=True)
    axis = alt.Axis(
        title=["← baseline higher\N{NO-BREAK SPACE}│\N{NO-BREAK SPACE}DCANet higher →", unit], tickCount=3
    )
    kinds = alt.Scale(domain=[*COLOURS], range=[*COLOURS.values()])
    forms = alt.Scale(domain=[*FORMS], range=[*FORMS.values()])
    of_all = data("rows").encode(
        y=alt.Y("row:O", axis=None),
        color=alt.Color("kind:N", legend=None, scale=kinds),
        tooltip=[
            alt.Tooltip("name:N", title="Name"),
            alt.Tooltip("text:N", title="Difference"),
            alt.Tooltip("verdict:N", title="Verdict"),
            alt.Tooltip("detail:N", title=detail),
        ],
    )
    value = alt.X("value:Q", scale=scale, axis=axis)
    shape = alt.Shape("kind:N", legend=None, scale=forms)
    names, numbers = {"x": alt.value(-NAMES)}, {"x": alt.value(PLOT + 8)}
    layers = [
        alt.Chart(alt.NamedData(name="zero")).mark_rule(color=INK).encode(x=alt.X("value:Q")),
        of_all.mark_rule(strokeWidth=1.5).encode(x=alt.X("low:Q", scale=scale, axis=axis), x2="high:Q"),
        of_all.mark_point(filled=True, opacity=1, size=46).encode(x=value, shape=shape),
        of_all.mark_text(align="left").encode(text="short:N", color=alt.value(INK), **names),
        of_all.mark_text(align="left").encode(text="text:N", **numbers),
    ]
    chart = alt.layer(*layers).properties(width=PLOT, height=alt.Step(ROW))
    return specification(chart, {"zero": [{"value": 0}], "rows": [*map(_row, range(len(rows)), rows)]})


def _row(number: int, row: Interval) -> Row:
    return {
        "row": number,
        "name": row.name,
        "short": shortened(row.name, NAMES - 8),
        "value": row.estimate.value,
        "low": row.estimate.low,
        "high": row.estimate.high,
        "kind": row.verdict or "mean",
        "verdict": row.verdict or "not tested by itself",
        "text": row.text,
        "detail": row.detail,
    }
