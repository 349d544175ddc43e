"""Extra test sets in the chapter on noise: which differences on them are told from it."""

from collections.abc import Iterator, Sequence

from ..comparison_documents import NotCompared, Top1Comparison
from ..sheets import Pair
from ..statistics.verdict import SIGNS
from .chapter import Heading, Listing
from .formatting import p_text, with_interval
from .metrics import TEST_TITLES
from .seed_splits import seed_splits
from .stored import REAL, Stored


def on_extra_tests(pairs: Sequence[Pair], stored: Stored) -> Iterator[Listing]:
    """Top-1 of each pair on each set, and of several trainings where its error comes from."""
    compared = [
        (test, pair, found)
        for test, pair, found in _compared(pairs, stored)
        if isinstance(found, Top1Comparison)
    ]
    rows = tuple(
        (
            title_of_test(test),
            pair.row,
            f"{found.images:,}",
            _top1(stored, test, found.baseline),
            _top1(stored, test, found.other),
            with_interval(found.top1),
            f"{found.gained:,}",
            f"{found.lost:,}",
            p_text(found.p_value),
            p_text(found.p_adjusted),
            f"{SIGNS[found.verdict]} {found.verdict}",
            "none" if found.detectable is None else f"{found.detectable:.2f}",
        )
        for test, pair, found in compared
    )
    labels = ("Images", "Baseline, %", "DCANet, %", "Difference, points", "Gained", "Lost", "p", "Adjusted p")
    if rows:
        yield Listing(
            "noise-tests",
            "Top-1 of each pair on the extra test sets, compared as on the val split. p-values are adjusted "
            "over the pairs on one set alone.",
            (
                Heading("Test set", words=True),
                Heading("Pair", words=True),
                *map(Heading, labels),
                Heading("Verdict", words=True),
                Heading("Detectable"),
            ),
            rows,
            folded=True,
        )
    splits = {
        f"{title_of_test(test)}: {pair.row}": found.split for test, pair, found in compared if found.split
    }
    title = "What the error of each difference on the extra test sets comes from"
    yield from seed_splits("noise-test-seeds", "Pair", title, splits)


def uncompared_on_tests(pairs: Sequence[Pair], stored: Stored) -> Iterator[str]:
    """Why some are not compared."""
    for test, pair, found in _compared(pairs, stored):
        if isinstance(found, NotCompared):
            yield f"{pair.row} on {title_of_test(test)}: not compared: {found.reason}."


def title_of_test(test: str) -> str:
    """As it is called where its name is known."""
    return "ReaL" if test == REAL else TEST_TITLES.get(test, test)


def _compared(
    pairs: Sequence[Pair], stored: Stored
) -> Iterator[tuple[str, Pair, Top1Comparison | NotCompared]]:
    for test in stored.test_sets:
        for pair in pairs:
            if pair.connected:
                yield test, pair, stored.comparison_on(test, pair.id)


def _top1(stored: Stored, test: str, model: str) -> str:
    found = stored.accuracy_on(test, model)
    if found is None:
        return ""
    return f"{found.top1.value:.2f} [{found.top1.low:.2f}, {found.top1.high:.2f}]"
