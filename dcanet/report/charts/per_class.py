"""How the accuracy of each class changes from a baseline to its connected partner."""

from collections.abc import Mapping, Sequence

from ...comparison_documents import ClassDelta, PairComparison
from ...sheets import Pair
from ...statistics.verdict import verdict
from ..chart import Chart
from ..formatting import p_text
from ..stored import Stored
from ..table import Missing
from .intervals import Interval, interval_rows, most_changed

#: Classes that are drawn of a pair; the CSV has all.
DRAWN = 30


def class_changes(pairs: Sequence[Pair], stored: Stored) -> dict[str, tuple[Chart, ...]]:
    """By the pair's id; pairs without a comparison, or of images without classes, have none."""
    if isinstance(stored.statistics, Missing):
        return {}
    compared = ((pair, stored.comparison_of(pair.id)) for pair in pairs if pair.connected)
    return {
        pair.id: (_chart(pair, found.per_class, stored.statistics.alpha),)
        for pair, found in compared
        if isinstance(found, PairComparison) and found.per_class
    }


def _chart(pair: Pair, classes: Mapping[str, ClassDelta], alpha: float) -> Chart:
    rows = {
        name: Interval(
            name,
            delta.difference,
            verdict(delta.difference, delta.p_adjusted, alpha),
            f"{delta.gained:,} and {delta.lost:,}, adjusted p {p_text(delta.p_adjusted)}",
        )
        for name, delta in sorted(classes.items(), key=lambda item: -item[1].difference.value)
    }
    drawn = most_changed([*rows.values()], DRAWN)
    some = f", the {len(drawn)} that change most of {len(rows):,}" if len(drawn) < len(rows) else ""
    return Chart(
        key=f"classes-{pair.id}",
        heading=f"{pair.row}: top-1 of single classes, DCANet − baseline{some}",
        summary=f"Difference of each class's top-1 in points, {pair.row}{some}: "
        + "; ".join(f"{row.name} {row}, {row.verdict}" for row in drawn),
        spec=interval_rows(drawn, "points of the class's top-1", "Images gained and lost"),
        rows=tuple(
            {
                "class": name,
                "images": classes[name].images,
                "gained": classes[name].gained,
                "lost": classes[name].lost,
                "top1_difference_points": row.estimate.value,
                "low": row.estimate.low,
                "high": row.estimate.high,
                "p_adjusted": classes[name].p_adjusted,
                "verdict": row.verdict,
            }
            for name, row in rows.items()
        ),
    )
