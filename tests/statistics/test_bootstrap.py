"""Resampling by counts, beside resampling images one by one."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import bootstrap

from dcanet.evaluation.calibration import expected_calibration_error
from dcanet.statistics import bootstrap as by_counts
from dcanet.statistics.bootstrap import (
    centred_interval,
    percentile_interval,
    resample_counts,
    resample_means,
)
from dcanet.statistics.calibrated import calibration_columns, calibration_error, calibration_shares

GUESSES = st.lists(st.tuples(st.floats(0, 1, width=32), st.booleans()), min_size=2, max_size=80)


def test_counts_are_those_of_drawn_images():
    """Mean and covariance of the multinomial, and every resample as large as the whole."""
    counts = np.array([30, 0, 10, 60])
    drawn = resample_counts(counts, 20_000)
    assert (drawn.sum(axis=1) == 100).all()
    assert (drawn[:, 1] == 0).all()
    share = counts / 100
    assert drawn.mean(axis=0) == pytest.approx(counts, abs=0.2)
    assert np.cov(drawn.T) == pytest.approx(100 * (np.diag(share) - np.outer(share, share)), abs=0.7)


def test_means_are_those_of_drawn_images():
    """The same draws, each image looked up."""
    values = np.random.default_rng(1).normal(5, 2, (40, 3))
    found = resample_means(values, 300, seed=7)
    random = np.random.default_rng(7)
    expected = [values[random.integers(0, 40, 40)].mean(axis=0) for _ in range(300)]
    assert found == pytest.approx(np.array(expected), abs=1e-5)


def test_interval_like_scipys():
    values = np.random.default_rng(2).gamma(1, 2, 500)
    ours = percentile_interval(resample_means(values[:, None], 4000)[:, 0])
    theirs = bootstrap(
        (values,), np.mean, n_resamples=4000, method="percentile", rng=np.random.default_rng(0)
    ).confidence_interval
    assert ours == pytest.approx((theirs.low, theirs.high), rel=0.01)


def test_draws_depend_on_the_seed_and_the_number_of_images_alone(monkeypatch):
    values = np.random.default_rng(3).normal(size=(50, 2))
    both = resample_means(values, 200, seed=1)
    assert resample_means(values[:, 1:], 200, seed=1)[:, 0] == pytest.approx(both[:, 1], abs=1e-7)
    assert not np.allclose(resample_means(values, 200, seed=2), both)
    monkeypatch.setattr(by_counts, "BLOCK", 7)
    assert resample_means(values, 200, seed=1) == pytest.approx(both, abs=1e-7)


@given(st.floats(-5, 5), st.lists(st.floats(-5, 5), min_size=2, max_size=50))
def test_a_shift_of_all_resamples_changes_nothing(value, resampled):
    drawn = np.array(resampled)
    expected = centred_interval(value, drawn)
    assert centred_interval(value, drawn + 3) == pytest.approx(expected, abs=1e-9)
    low, high = percentile_interval(drawn)
    assert expected[1] - expected[0] == pytest.approx(high - low, abs=1e-9)


@settings(max_examples=50)
@given(GUESSES)
def test_calibration_columns_are_the_calibration_error(guesses):
    confidences = np.array([confidence for confidence, _ in guesses], np.float32)
    right = np.array([hit for _, hit in guesses])
    columns = calibration_columns(confidences, right)
    expected = expected_calibration_error(confidences, right) / 100
    assert calibration_error(columns.mean(axis=0, dtype=np.float64)) == pytest.approx(expected, abs=1e-6)
    assert calibration_shares(columns).mean() == pytest.approx(expected, abs=1e-6)


def test_calibration_error_of_a_resample():
    random = np.random.default_rng(5)
    confidences, right = random.random(60).astype(np.float32), random.random(60) < 0.6
    found = calibration_error(resample_means(calibration_columns(confidences, right), 50, seed=9))
    random = np.random.default_rng(9)
    for error in found:
        places = random.integers(0, 60, 60)
        expected = expected_calibration_error(confidences[places], right[places])
        assert 100 * error == pytest.approx(expected, abs=1e-3)
