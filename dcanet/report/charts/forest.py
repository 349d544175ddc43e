"""The forest plot: every pair's top-1 difference with its interval, and all of them in one."""

from collections.abc import Mapping

from ...comparison_documents import PairComparison, Pooled
from ..chart import Chart
from ..formatting import p_text
from .intervals import Interval, interval_rows, most_changed
from .look import Row

#: Pairs that are drawn at most; the CSV has all.
DRAWN = 100


def forest(pairs: Mapping[str, PairComparison], pooled: Pooled | None) -> Chart:
    """Of pairs by the names of their rows; `pooled` adds its own rows where there are several."""
    rows = [Interval(name, pair.top1, pair.verdict, p_text(pair.p_adjusted)) for name, pair in pairs.items()]
    if pooled and pooled.pairs > 1:
        rows.append(Interval("Mean of these", pooled.gain, None, "not adjusted"))
        if pooled.random_effects:
            rows.append(Interval("Of such pairs", pooled.random_effects.mean, None, "not adjusted"))
    drawn = most_changed(rows[: len(pairs)], DRAWN) + rows[len(pairs) :]
    told = (f"{row.name} {row}" + (f", {row.verdict}" if row.verdict else "") for row in drawn)
    some = f", the {DRAWN} largest of {len(pairs):,}" if len(pairs) > DRAWN else ""
    return Chart(
        key="forest",
        heading=f"Top-1, DCANet − baseline{some}",
        summary=f"Difference of top-1 in points with its interval{some}: {'; '.join(told)}",
        spec=interval_rows(drawn, "points of top-1", "Adjusted p"),
        rows=tuple(_csv_row(row, pairs.get(row.name)) for row in rows),
    )


def _csv_row(row: Interval, pair: PairComparison | None) -> Row:
    return {
        "pair": row.name,
        "top1_difference_points": row.estimate.value,
        "low": row.estimate.low,
        "high": row.estimate.high,
        "verdict": row.verdict,
        "p_adjusted": pair.p_adjusted if row.verdict and pair else None,
        "images": pair.images if row.verdict and pair else None,
    }
