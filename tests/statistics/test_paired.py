"""McNemar's tests, Tango's interval and the detectable difference, beside statsmodels and brute force."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import minimize_scalar
from scipy.stats import binom, norm
from statsmodels.stats.contingency_tables import mcnemar

from dcanet.statistics.paired import (
    PairCounts,
    detectable_difference,
    mcnemar_exact,
    mcnemar_mid_p,
    tango,
)

CELLS = st.tuples(*[st.integers(0, 400)] * 3).filter(lambda cells: sum(cells) > 1)


@given(st.lists(st.tuples(st.booleans(), st.booleans()), min_size=1, max_size=60), st.randoms())
def test_counts(images, random):
    baseline, other = np.array(images).T
    counts = PairCounts.of(baseline, other)
    assert counts.gained == sum(b and not a for a, b in images)
    assert counts.lost == sum(a and not b for a, b in images)
    assert counts.both == sum(a and b for a, b in images)
    assert counts.images == len(images)
    assert counts.difference == pytest.approx(other.mean() - baseline.mean())
    assert counts.discordance == pytest.approx(np.mean(baseline != other))
    random.shuffle(images)
    assert PairCounts.of(*np.array(images).T) == counts


@given(CELLS)
def test_mcnemar(cells):
    gained, lost, _ = cells
    table = [[0, lost], [gained, 0]]
    exact = mcnemar_exact(gained, lost)
    # statsmodels gives no p without discordant images.
    expected = mcnemar(table, exact=True).pvalue if gained + lost else 1.0
    assert exact == pytest.approx(expected, rel=1e-9)
    assert 0 <= mcnemar_mid_p(gained, lost) <= exact <= 1
    for test in (mcnemar_exact, mcnemar_mid_p):
        assert test(gained, lost) == test(lost, gained)


@pytest.mark.parametrize(("gained", "lost"), [(0, 0), (3, 3), (0, 5), (7, 2), (1, 12)])
def test_mid_p_by_counting(gained, lost):
    """Outcomes at least as uneven, those as uneven by half."""
    total, seen = gained + lost, abs(gained - lost)
    p = sum(
        math.comb(total, k) / 2**total * (0.5 if abs(2 * k - total) == seen else 1)
        for k in range(total + 1)
        if abs(2 * k - total) >= seen
    )
    # Both outcomes that are as uneven count by half; where they are one and the same, all of it is outcome.
    expected = p if seen else 1.0
    assert mcnemar_mid_p(gained, lost) == pytest.approx(expected)


@given(CELLS, st.sampled_from([0.05, 0.01, 0.2]))
def test_tango_holds_the_estimate_and_is_symmetric(cells, alpha):
    gained, lost, _ = cells
    images = sum(cells)
    low, high = tango(gained, lost, images, alpha)
    assert -1 <= low <= (gained - lost) / images <= high <= 1
    back_low, back_high = tango(lost, gained, images, alpha)
    assert (-back_high, -back_low) == pytest.approx((low, high), abs=1e-12)
    wider_low, wider_high = tango(gained, lost, images, alpha / 2)
    assert wider_low <= low <= high <= wider_high


@given(CELLS)
def test_tango_agrees_with_mcnemars_chi_squared(cells):
    gained, lost, _ = cells
    low, high = tango(gained, lost, sum(cells))
    p = mcnemar([[0, lost], [gained, 0]], exact=False, correction=False).pvalue if gained + lost else 1.0
    if abs(p - 0.05) > 1e-9:
        assert (low > 0 or high < 0) == (p < 0.05)


@pytest.mark.parametrize(
    ("gained", "lost", "images"), [(10, 4, 50), (0, 0, 20), (0, 7, 40), (9, 9, 30), (30, 0, 30), (1, 0, 2)]
)
def test_tango_against_the_likelihood(gained, lost, images):
    """At its ends the score is the quantile, with the share lost that a search finds likeliest."""
    value, z = (gained - lost) / images, norm.ppf(0.975)
    for end in tango(gained, lost, images):
        if abs(end) > 1 - 1e-9:
            continue

        def minus_log_likelihood(share, end=end):
            cells = np.maximum([share + end, share, 1 - 2 * share - end], 1e-300)
            return -np.dot([gained, lost, images - gained - lost], np.log(cells))

        bounds = (max(0.0, -end), (1 - end) / 2)
        share = minimize_scalar(
            minus_log_likelihood, bounds=bounds, method="bounded", options={"xatol": 1e-12}
        ).x
        variance = (2 * share + end * (1 - end)) / images
        assert abs(value - end) / math.sqrt(variance) == pytest.approx(z, rel=1e-4)


def test_tango_by_hand():
    """Without discordant images: z^2 / (n + z^2) either way, where n d^2 / (d (1 - d)) is z^2."""
    z2 = norm.ppf(0.975) ** 2
    assert tango(0, 0, 100) == pytest.approx((-z2 / (100 + z2), z2 / (100 + z2)))


def test_tango_takes_arrays():
    gained, lost = np.array([[10, 3], [0, 5]]), np.array([[2, 3], [0, 9]])
    low, high = tango(gained, lost, 50)
    for place in np.ndindex(2, 2):
        assert (low[place], high[place]) == tango(gained[place], lost[place], 50)


@pytest.mark.parametrize(("images", "discordance"), [(50_000, 0.12), (2_000, 0.3), (500, 0.06)])
def test_detectable_difference_has_its_power(images, discordance):
    least = detectable_difference(images, discordance)
    random = np.random.default_rng(0)
    shares = [(discordance + least) / 2, (discordance - least) / 2, 1 - discordance]
    drawn = random.multinomial(images, shares, size=4000)
    assert np.mean(mcnemar_mid_p(drawn[:, 0], drawn[:, 1]) <= 0.05) == pytest.approx(0.8, abs=0.03)


def test_detectable_where_few_images_differ():
    """With d of n images gained and none lost, McNemar's power is 80 %."""
    least = detectable_difference(1000, 0.001)
    assert least > 0.001
    gained = np.arange(1000)
    power = (mcnemar_exact(gained, 0) <= 0.05) @ binom.pmf(gained, 1000, least)
    assert power == pytest.approx(0.8, abs=0.1)


@given(st.integers(2, 10**6), st.floats(0, 1), st.sampled_from([0.05, 0.01, 0.001]))
def test_detectable_difference_falls_with_images_and_alpha(images, discordance, alpha):
    found = detectable_difference(images, discordance, alpha)
    if found is None:
        assert images < 50
        return
    assert 0 < found < 1
    assert detectable_difference(2 * images, discordance, alpha) < found
    stricter = detectable_difference(images, discordance, alpha / 2)
    assert stricter is None or stricter > found


def test_nothing_is_detectable_on_three_images():
    assert detectable_difference(3, 0.5) is None
