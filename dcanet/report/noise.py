"""Is it more than noise? Every difference with its interval, and which of them are told from noise."""

from collections import Counter
from collections.abc import Iterator, Sequence

from ..comparison_documents import (
    ModelStatistics,
    NotCompared,
    PairComparison,
    Pooled,
    TableStatistics,
)
from ..sheets import Detector, Pair
from ..statistics.verdict import SIGNS
from .chapter import Chapter, Heading, Listing
from .charts.forest import forest
from .charts.trade import trades
from .claims import claimed_ap, claims
from .detector_noise import compared_detectors, uncompared_detectors
from .extra_tests import on_extra_tests, uncompared_on_tests
from .flips import agreement, classes, flipped, outcomes
from .formatting import p_text, with_interval
from .seed_splits import seed_splits
from .stored import Stored
from .table import Missing
from .wording import level, method, pooled_sentence

TITLE = "Is it more than noise?"


def noise_chapter(pairs: Sequence[Pair], detectors: Sequence[Detector], stored: Stored) -> Chapter:
    """Pairs in the sheet's order; what the paper prints is judged without any result of ours."""
    statistics = stored.statistics
    if isinstance(statistics, Missing):
        return Chapter(
            "noise",
            TITLE,
            (
                f"Nothing of ours was compared: statistics.json is {statistics}. "
                "`dcanet statistics` makes it.",
            ),
            (*claims(pairs), *claimed_ap(detectors, None)),
        )
    twice = {row for row, times in Counter(pair.row for pair in pairs).items() if times > 1}
    compared = {
        f"{pair.row} ({pair.id})" if pair.row in twice else pair.row: found
        for pair, found in _found(pairs, stored)
        if isinstance(found, PairComparison)
    }
    pooled = statistics.pooled if isinstance(statistics.pooled, Pooled) else None
    listings = [
        *([_verdicts(compared, statistics), _others(compared, statistics)] if compared else []),
        *_seeds(compared),
        *on_extra_tests(pairs, stored),
        *compared_detectors(detectors, statistics),
        *claims(pairs, statistics.alpha),
        *claimed_ap(detectors, statistics),
        *outcomes(compared),
        *classes(compared, statistics.alpha),
        *flipped(compared, stored),
        *agreement(statistics),
    ]
    return Chapter(
        "noise",
        TITLE,
        tuple(_paragraphs(compared, pooled, statistics)),
        tuple(listings),
        tuple(_reasons(pairs, detectors, stored, statistics)),
        (*([forest(compared, pooled)] if compared else []), *trades(pairs, stored)),
    )


def _found(pairs: Sequence[Pair], stored: Stored) -> Iterator[tuple[Pair, PairComparison | NotCompared]]:
    for pair in pairs:
        if pair.connected:
            yield pair, stored.comparison_of(pair.id)


def _paragraphs(
    compared: dict[str, PairComparison], pooled: Pooled | None, statistics: TableStatistics
) -> Iterator[str]:
    if pooled and pooled.pairs > 1:
        yield pooled_sentence(pooled)
    yield method(statistics)
    if pooled and pooled.random_effects:
        found = pooled.random_effects
        yield (
            "The mean of these is of these very pairs, whose images are the same. Taken as a sample of such "
            f"pairs (random effects), their mean is {with_interval(found.mean)} points; the true gains vary "
            f"by {found.between_pairs:.2f} points from pair to pair, which makes up "
            f"{found.heterogeneity_percent:.0f} % of what is seen (I²)."
        )
    if any(pair.split for pair in compared.values()):
        yield "Of several trainings, intervals are over seeds and images; counts are sums over the trainings."


def _verdicts(compared: dict[str, PairComparison], statistics: TableStatistics) -> Listing:
    rows = [
        (
            name,
            _top1(statistics, pair.baseline),
            _top1(statistics, pair.other),
            with_interval(pair.top1),
            f"{pair.gained:,}",
            f"{pair.lost:,}",
            *_p_values(pair),
            p_text(pair.p_adjusted),
            f"{SIGNS[pair.verdict]} {pair.verdict}",
            "none" if pair.detectable is None else f"{pair.detectable:.2f}",
        )
        for name, pair in compared.items()
    ]
    labels = (
        "Baseline, %",
        "DCANet, %",
        "Difference, points",
        "Gained",
        "Lost",
        "Mid-p",
        "Exact p",
        "p over seeds",
        "Adjusted p",
    )
    columns = (
        Heading("Pair", words=True),
        *map(Heading, labels),
        Heading("Verdict", words=True),
        Heading("Detectable"),
    )
    return Listing(
        "noise-top1",
        f"Top-1 of each pair, with {level(statistics)} intervals. Gained are the images that only DCANet has "
        "right, lost those that only the baseline has.",
        columns,
        tuple(rows),
    ).without_empty()


def _p_values(pair: PairComparison) -> tuple[str, str, str]:
    """McNemar's mid-p and exact p of one training each; of several the one over seeds and images."""
    if len(pair.runs) > 1:
        return "", "", p_text(pair.p_value)
    (run,) = pair.runs
    return p_text(run.p_mid), p_text(run.p_exact), ""


def _top1(statistics: TableStatistics, model: str) -> str:
    found = statistics.models.get(model)
    if not isinstance(found, ModelStatistics):
        return ""
    return f"{found.top1.value:.2f} [{found.top1.low:.2f}, {found.top1.high:.2f}]"


def _others(compared: dict[str, PairComparison], statistics: TableStatistics) -> Listing:
    rows = tuple(
        (name, with_interval(pair.top5), with_interval(pair.nll, 4), with_interval(pair.ece))
        for name, pair in compared.items()
    )
    return Listing(
        "noise-others",
        f"Other numbers, DCANet − baseline, with {level(statistics)} intervals that no adjustment widens.",
        (
            Heading("Pair", words=True),
            Heading("Top-5 ↑, points"),
            Heading("NLL ↓, nats"),
            Heading("ECE ↓, points"),
        ),
        rows,
        folded=True,
    )


def _seeds(compared: dict[str, PairComparison]) -> Iterator[Listing]:
    splits = {name: pair.split for name, pair in compared.items() if pair.split}
    yield from seed_splits("noise-seeds", "Pair", "What the error of each difference comes from", splits)


def _reasons(
    pairs: Sequence[Pair], detectors: Sequence[Detector], stored: Stored, statistics: TableStatistics
) -> Iterator[str]:
    """Why some are not compared."""
    for pair, found in _found(pairs, stored):
        if isinstance(found, NotCompared):
            yield f"{pair.row}: not compared: {found.reason}."
    yield from uncompared_on_tests(pairs, stored)
    yield from uncompared_detectors(detectors, statistics)
    if isinstance(statistics.pooled, NotCompared):
        yield f"No statement about all pairs: {statistics.pooled.reason}."
