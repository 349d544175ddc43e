"""Adjusted p-values and pooled effects, beside statsmodels and the definitions."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import brentq
from statsmodels.stats.meta_analysis import combine_effects
from statsmodels.stats.multitest import multipletests

from dcanet.statistics.many import adjusted, level_left, random_effects

P_VALUES = st.lists(st.floats(0, 1), min_size=1, max_size=15)


@given(P_VALUES)
def test_holm_step_by_step(p_values):
    """From the smallest, each against alpha over the number that is left, until one is not rejected."""
    found = adjusted(p_values)
    for alpha in (0.05, 0.2):
        rejected = set()
        for rank, place in enumerate(np.argsort(p_values, kind="stable")):
            if p_values[place] > alpha / (len(p_values) - rank):
                break
            rejected.add(int(place))
        near = np.isclose(found, alpha, rtol=1e-9)
        assert all((found[place] <= alpha) == (place in rejected) for place in np.flatnonzero(~near))
    assert all(found >= np.array(p_values) - 1e-12)
    assert all(found <= 1)


@given(P_VALUES)
def test_false_discovery_rate(p_values):
    """The adjusted p of the k-th smallest is the least of m p / rank from there on."""
    order = np.argsort(p_values)
    scaled = np.array(p_values)[order] * len(p_values) / np.arange(1, len(p_values) + 1)
    expected = np.minimum.accumulate(scaled[::-1])[::-1]
    assert adjusted(p_values, "fdr_bh")[order] == pytest.approx(np.minimum(expected, 1))


@given(P_VALUES, st.randoms())
def test_order_does_not_matter(p_values, random):
    shuffled = random.sample(range(len(p_values)), len(p_values))
    for method in ("holm", "fdr_bh"):
        found = adjusted(p_values, method)
        assert adjusted([p_values[place] for place in shuffled], method) == pytest.approx(found[shuffled])


#: statsmodels collects garbage at every call.
@pytest.mark.slow
@settings(max_examples=25)
@given(st.lists(st.sampled_from([0.0, 1e-300, 0.001, 0.01, 0.02, 1 / 3, 0.5, 1.0]), min_size=1, max_size=40))
def test_the_same_as_statsmodels_to_the_last_bit(p_values):
    for method in ("holm", "fdr_bh"):
        assert adjusted(p_values, method).tolist() == multipletests(p_values, method=method)[1].tolist()


def test_no_pairs():
    assert adjusted([]).tolist() == []


@pytest.mark.parametrize("method", ["holm", "fdr_bh"])
def test_level_left_is_what_one_more_needs(method):
    p_values = [0.001, 0.004, 0.3, 0.5, 0.9]
    level = level_left(adjusted(p_values, method), 0.05, method)
    for factor, told in ((0.999, True), (1.001, False)):
        changed = [*p_values[:2], factor * level, *p_values[3:]]
        assert (adjusted(changed, method)[2] <= 0.05) == told


@pytest.mark.parametrize("spread", [0.0, 0.5, 3.0])
@pytest.mark.parametrize("effects", [3, 6, 12])
def test_like_statsmodels(spread, effects):
    random = np.random.default_rng(effects)
    variances = random.uniform(0.02, 0.3, effects)
    y = random.normal(0.5, np.sqrt(variances) + spread)
    ours = random_effects(y, np.diag(variances))
    theirs = combine_effects(y, variances, method_re="iterated", use_t=True, atol=1e-12, maxiter=500)
    assert ours.mean == pytest.approx(theirs.mean_effect_re, rel=1e-6)
    assert ours.between**2 == pytest.approx(max(0, theirs.tau2), abs=1e-6)
    assert ours.heterogeneity == pytest.approx(max(0, theirs.i2), abs=1e-6)
    low, high = theirs.conf_int()[3]
    assert ours.interval == pytest.approx((low, high), rel=1e-4)


def test_errors_in_common_count():
    """What moves all effects alike adds its variance to the mean's."""
    y, own, common = np.tile([0.4, 0.6], 6), 0.01, 0.04
    apart = random_effects(y, own * np.eye(12))
    together = random_effects(y, own * np.eye(12) + common)
    assert (together.mean, apart.mean) == pytest.approx((0.5, 0.5))
    assert together.between == pytest.approx(apart.between)
    explained = (own + apart.between**2) / 12
    ratio = (together.interval[1] - 0.5) / (apart.interval[1] - 0.5)
    assert ratio == pytest.approx(np.sqrt(1 + common / explained))


def test_generalised_q():
    """`between` is where the effects' spread is what chance and it explain."""
    random = np.random.default_rng(3)
    root = random.normal(size=(6, 6)) / 5
    covariance, y = root @ root.T + 0.01 * np.eye(6), random.normal(0, 1, 6)

    def q(between_squared):
        weights = np.linalg.inv(covariance + between_squared * np.eye(6))
        mean = weights.sum(axis=0) @ y / weights.sum()
        return (y - mean) @ weights @ (y - mean) - 5

    assert random_effects(y, covariance).between == pytest.approx(np.sqrt(brentq(q, 0, 100)), rel=1e-6)


def test_pairs_that_do_not_differ():
    found = random_effects(np.zeros(4), np.zeros((4, 4)))
    assert (found.mean, found.between, found.heterogeneity) == (0, 0, 0)
    assert found.interval == pytest.approx((0, 0), abs=1e-6)
    one_alike = random_effects([0, 0.5, 0.4, 0.6], np.diag([0, 0.01, 0.01, 0.01]))
    assert 0.2 < one_alike.mean < 0.5


def test_one_effect_is_no_sample():
    with pytest.raises(ValueError, match="at least two"):
        random_effects([0.1], np.eye(1))
