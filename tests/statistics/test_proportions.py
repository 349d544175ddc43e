"""Intervals of printed accuracies, beside statsmodels and formulas written out."""

import csv
import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binomtest, norm

from dcanet.errors import UserError
from dcanet.statistics.paired import tango
from dcanet.statistics.proportions import discordance_range, discordant_counts, newcombe, wilson
from dcanet.statistics.published import published_claim

SHEET = Path(__file__).parents[2] / "config" / "pairs.tsv"
ACCURACY = st.floats(0, 100)


@given(st.integers(1, 10**5).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_wilson(right_of):
    right, images = right_of
    low, high = wilson(right, images)
    expected = binomtest(right, images).proportion_ci(method="wilson")
    assert (low, high) == pytest.approx((expected.low, expected.high), abs=1e-12)
    assert low - 1e-12 <= right / images <= high + 1e-12


@given(ACCURACY, ACCURACY, st.integers(2, 10**5))
def test_newcombe_by_its_formula(p, q, images):
    p, q = p / 100, q / 100
    low, high = newcombe(p, q, images)
    (p_low, p_high), (q_low, q_high) = (wilson(share * images, images) for share in (p, q))
    assert low == pytest.approx(q - p - math.hypot(q - q_low, p_high - p), abs=1e-9)
    assert high == pytest.approx(q - p + math.hypot(q_high - q, p - p_low), abs=1e-9)
    assert newcombe(q, p, images) == pytest.approx((-high, -low), abs=1e-9)


@given(st.integers(1, 12).flatmap(lambda n: st.tuples(st.integers(0, n), st.integers(0, n), st.just(n))))
def test_discordance_range_by_trying(rights):
    """All ways in which two networks can have so many images right."""
    a, b, images = rights
    possible = [a + b - 2 * both for both in range(images + 1) if max(0, a + b - images) <= both <= min(a, b)]
    least, greatest = discordance_range(a / images, b / images)
    assert (least * images, greatest * images) == pytest.approx((min(possible), max(possible)))


@given(ACCURACY, ACCURACY, st.integers(50, 10**5))
def test_bounds_enclose_every_assumption(baseline, other, images):
    least, greatest = discordance_range(baseline / 100, other / 100)
    claim = published_claim(baseline, other, images, discordance=(least + greatest) / 2)
    for interval in (claim.best, claim.assumed, claim.worst, claim.unpaired):
        assert interval.low - 1e-9 <= claim.unpaired.value <= interval.high + 1e-9
    widths = [each.high - each.low for each in (claim.best, claim.assumed, claim.worst)]
    assert widths == sorted(widths)


def test_the_limit_is_where_the_test_turns():
    claim = published_claim(77.29, 77.55, 50_000)
    for factor, told in ((0.99, True), (1.01, False)):
        gained, lost = discordant_counts(0.0026, factor * claim.discordance_limit, 50_000)
        assert (tango(gained, lost, 50_000)[0] > 0) == told
    assert claim.discordance_limit == pytest.approx(50_000 * 0.0026**2 / norm.ppf(0.975) ** 2)


def test_the_papers_gains():
    """Seven of the twelve printed gains lie inside the interval that the printed numbers alone allow."""
    accuracies: dict[str, dict[str, float]] = {}
    with open(SHEET, encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file, delimiter="\t"):
            printed = float(row["published_top1_percent"])
            accuracies.setdefault(row["pair"], {})[row["connected"]] = printed
    claims = [
        published_claim(pair["false"], pair["true"], 50_000) for pair in accuracies.values() if "true" in pair
    ]
    assert len(claims) == 12
    assert sum(claim.unpaired.low <= 0 for claim in claims) == 7
    assert all(claim.best.low > 0 for claim in claims)
    assert not any(np.isnan(claim.worst.low) for claim in claims)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((101, 50, 10), "0 to 100 %"),
        ((50, -1, 10), "0 to 100 %"),
        ((50, 50, 0), "at least one"),
        ((77, 78, 100, 0.001), "allow 0.0100 to 0.4500"),
        ((77, 78, 100, 0.5), "allow 0.0100 to 0.4500"),
    ],
)
def test_impossible_claims(arguments, message):
    with pytest.raises(UserError, match=message):
        published_claim(*arguments)
