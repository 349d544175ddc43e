"""Medians of few rounds and their intervals, with known numbers."""

from statistics import median

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binom
from scipy.stats import t as student

from dcanet.profiling.estimates import STUDENT_T, agree, median_interval, percentiles

SPEEDS = st.lists(st.floats(1e-3, 1e5), min_size=2, max_size=40)


def test_quantiles_are_students():
    for count, quantile in STUDENT_T.items():
        assert quantile == pytest.approx(student.ppf(0.975, count - 1), rel=1e-7)


def test_interval_of_three_ratios():
    """On logarithms: 0 ± 4.302653 x 0.01 / sqrt(3), so 2.52 % on either side."""
    low, high = median_interval([np.exp(-0.01), 1.0, np.exp(0.01)])
    assert high == pytest.approx(np.exp(4.302653 * 0.01 / 3**0.5), rel=1e-6)
    assert low * high == pytest.approx(1)


@pytest.mark.parametrize(("count", "rank"), [(6, 1), (8, 1), (9, 2), (12, 3), (20, 6), (40, 14)])
def test_interval_of_many_rounds_is_of_order_statistics(count, rank):
    """Ranks as printed in tables of the sign test."""
    assert median_interval(list(range(1, count + 1))) == (rank, count + 1 - rank)


@pytest.mark.parametrize("count", range(6, 60))
def test_order_statistics_cover_95_percent_and_no_more_than_they_must(count):
    rank = median_interval(list(range(1, count + 1)))[0]
    assert 1 - 2 * binom.cdf(rank - 1, count, 0.5) >= 0.95
    assert 1 - 2 * binom.cdf(rank, count, 0.5) < 0.95


@given(SPEEDS)
def test_interval_holds_the_median(values):
    low, high = median_interval(values)
    assert low <= median(values) <= high


@given(SPEEDS)
def test_interval_does_not_depend_on_order_or_unit(values):
    low, high = median_interval(values)
    assert median_interval([8 * value for value in reversed(values)]) == pytest.approx((8 * low, 8 * high))


def test_intervals_of_few_normal_rounds_cover_their_median():
    """95 % of 2,000 draws of the logarithm, give or take four standard errors."""
    draws = np.exp(np.random.default_rng(0).normal(0, 0.02, (2000, 4)))
    covered = np.mean([low <= 1 <= high for low, high in map(median_interval, draws.tolist())])
    assert covered == pytest.approx(0.95, abs=0.02)


@pytest.mark.parametrize("noise", [0.003, 0.02, 0.05])
def test_ending_when_two_rounds_agree_leaves_the_coverage_above_90_percent(noise):
    random = np.random.default_rng(0)
    covered = 0
    for _ in range(600):
        rounds: list[float] = []
        while len(rounds) < 20 and not agree(rounds, 2):
            rounds.append(float(np.exp(random.normal(0, noise))))
        low, high = median_interval(rounds)
        covered += low <= 1 <= high
    assert covered / 600 > 0.9


def test_a_disturbed_round_does_not_move_many():
    calm = [1.03, 1.031, 1.029, 1.03, 1.032, 1.028, 1.03, 1.03, 1.031]
    assert median_interval([*calm[:-1], 5.0])[1] <= 1.032


def test_one_round_has_no_interval():
    with pytest.raises(ValueError, match="at least two"):
        median_interval([1.0])


@pytest.mark.parametrize(
    ("ratios", "settled"),
    [
        ([1.0, 1.0], False),
        ([1.5, 1.0, 1.019], True),
        ([1.0, 1.0, 1.021], False),
        ([1.0, 1.0, 0.979], False),
        ([1.2, 1.1, 1.0, 1.01], True),
    ],
)
def test_two_rounds_in_a_row_must_agree(ratios, settled):
    assert agree(ratios, 2) is settled


def test_percentiles_are_times_that_occurred():
    seconds = [number / 1000 for number in range(1, 101)]
    assert percentiles(seconds, (50, 90, 99)) == [0.05, 0.09, 0.099]
    assert percentiles([3.0, 1.0, 2.0], (50, 90, 99)) == [2.0, 3.0, 3.0]
