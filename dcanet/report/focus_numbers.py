"""How far the focus drifts from stage to stage, in tables and sentences."""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from ..comparison_documents import Estimate, NotCompared, Verdict
from ..focus_documents import Compared, Drift, PairFocus
from ..statistics.many import adjusted
from ..statistics.verdict import verdict
from .chapter import Heading, Listing
from .formatting import p_text, with_interval

ALPHA = 0.05
#: What the verdicts on less shift and more overlap are called.
SHIFT: dict[Verdict, str] = {"better": "less", "worse": "more"}
OVERLAP: dict[Verdict, str] = {"better": "more", "worse": "less"}
COLUMNS = (
    Heading("Shift, % of the side: baseline"),
    Heading("DCANet"),
    Heading("Difference"),
    Heading("Overlap, %: baseline"),
    Heading("DCANet"),
    Heading("Difference"),
)


@dataclass(frozen=True)
class Judged:
    """A pair's mean drift, and what its differences come to beside all others that are shown."""

    drift: Drift
    shift_p: float
    overlap_p: float

    @property
    def shift(self) -> Verdict:
        return verdict(self.drift.shift.difference, self.shift_p, ALPHA, lower_is_better=True)

    @property
    def overlap(self) -> Verdict:
        return verdict(self.drift.overlap.difference, self.overlap_p, ALPHA)


def judged(pairs: Mapping[str, PairFocus]) -> dict[str, Judged]:
    """Of the pairs that have numbers; p-values of both differences are adjusted over all of them (Holm)."""
    drifts = {name: pair.overall for name, pair in pairs.items() if isinstance(pair.overall, Drift)}
    p_values = [[drift.shift.p_value, drift.overlap.p_value] for drift in drifts.values()]
    adjusted_p = adjusted([p for both in p_values for p in both]).tolist()
    both = zip(adjusted_p[::2], adjusted_p[1::2], strict=True)
    return {name: Judged(drift, *p) for (name, drift), p in zip(drifts.items(), both, strict=True)}


def steps_listing(key: str, pair: PairFocus) -> Listing:
    """Of one pair: from each stage to the next, and on average."""
    rows = [
        (f"Stage {number} → {number + 1}", f"{step.images:,}", *_numbers(step))
        for number, step in enumerate(pair.steps, start=1)
        if isinstance(step, Drift)
    ]
    if isinstance(pair.overall, Drift) and len(rows) > 1:
        rows.append(("Mean of these", f"{pair.overall.images:,}", *_numbers(pair.overall)))
    return Listing(
        key,
        "How the focus changes from stage to stage, with 95 % intervals over images of the differences, "
        "DCANet − baseline",
        (Heading("Step", words=True), Heading("Images"), *COLUMNS),
        tuple(rows),
    )


def pairs_listing(found: Mapping[str, Judged], names: Mapping[str, str]) -> Listing:
    """All pairs by the names of their rows, each by its mean over the steps."""
    rows = tuple(
        (
            names[key],
            f"{pair.drift.images:,}",
            *_compared(pair.drift.shift),
            p_text(pair.shift_p),
            SHIFT.get(pair.shift, pair.shift),
            *_compared(pair.drift.overlap),
            p_text(pair.overlap_p),
            OVERLAP.get(pair.overlap, pair.overlap),
        )
        for key, pair in found.items()
    )
    p_and_verdict = (Heading("Adjusted p"), Heading("Verdict", words=True))
    return Listing(
        "focus-pairs",
        "Drift of the focus, mean over the steps from stage to stage; differences are DCANet − baseline, "
        "with 95 % intervals",
        (
            Heading("Pair", words=True),
            Heading("Images"),
            *COLUMNS[:3],
            *p_and_verdict,
            *COLUMNS[3:],
            *p_and_verdict,
        ),
        rows,
    )


def summary(found: Mapping[str, Judged]) -> str:
    """All pairs in one sentence."""
    shifts = Counter(pair.shift for pair in found.values())
    overlaps = Counter(pair.overlap for pair in found.values())
    total = len(found)
    if not any(counts[way] for counts in (shifts, overlaps) for way in ("better", "worse")):
        return (
            f"In none of {total} pairs can it be told from noise that connecting changes how far the focus "
            "shifts from stage to stage, or how much consecutive heat maps overlap."
        )
    return (
        f"Of {total} connected networks, {shifts['better']} shift their focus less from stage to stage than "
        f"their baselines and {shifts['worse']} more; consecutive heat maps overlap more in "
        f"{overlaps['better']} and less in {overlaps['worse']}. The others' differences cannot be told from "
        "noise."
    )


def reasons(pair: PairFocus) -> Iterator[str]:
    """Why some steps have no numbers."""
    told = [step.reason for step in (*pair.steps, pair.overall) if isinstance(step, NotCompared)]
    yield from dict.fromkeys(told)


def _numbers(drift: Drift) -> tuple[str, ...]:
    return (*_compared(drift.shift), *_compared(drift.overlap))


def _compared(compared: Compared) -> tuple[str, str, str]:
    return (
        f"{100 * compared.baseline.value:.1f}",
        f"{100 * compared.connected.value:.1f}",
        with_interval(_percent(compared.difference), 1),
    )


def _percent(estimate: Estimate) -> Estimate:
    return Estimate(value=100 * estimate.value, low=100 * estimate.low, high=100 * estimate.high)
