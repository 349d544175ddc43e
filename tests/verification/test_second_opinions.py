"""The check's own statistics agree with those that it checks: two hands wrote them."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from prediction_sets import correlated

from dcanet.evaluation.calibration import expected_calibration_error
from dcanet.profiling import estimates
from dcanet.statistics import many, paired, proportions, seeds
from dcanet.verification import intervals, speeds
from dcanet.verification.answers import Answers

CELLS = st.tuples(*[st.integers(0, 40)] * 3).filter(lambda cells: sum(cells) > 0)
ALPHAS = st.sampled_from([0.001, 0.05, 0.3])


@given(CELLS, ALPHAS)
def test_tango(cells, alpha):
    gained, lost, rest = cells
    found = intervals.tango(gained, lost, gained + lost + rest, alpha)
    assert found == pytest.approx(paired.tango(gained, lost, gained + lost + rest, alpha), abs=1e-9)


@given(st.integers(0, 300), st.integers(1, 300), ALPHAS)
def test_wilson(right, images, alpha):
    right = min(right, images)
    found = intervals.wilson(right, images, alpha)
    assert found == pytest.approx(proportions.wilson(right, images, alpha), abs=1e-12)


@given(st.integers(0, 80), st.integers(0, 80))
def test_mcnemar(gained, lost):
    expected = paired.mcnemar_exact(gained, lost), paired.mcnemar_mid_p(gained, lost)
    assert intervals.mcnemar(gained, lost) == pytest.approx(expected, abs=1e-12)


@given(st.lists(st.floats(0, 1), min_size=1, max_size=12), st.sampled_from(["holm", "fdr_bh"]))
def test_adjusted(p_values, method):
    assert intervals.adjusted(p_values, method) == pytest.approx(many.adjusted(p_values, method), abs=1e-12)


@given(st.integers(1, 4), st.integers(3, 40), st.integers(0, 10**6), ALPHAS)
def test_crossed(trainings, images, seed, alpha):
    random = np.random.default_rng(seed)
    signs = random.integers(-1, 2, (trainings, images)).astype(np.float64)
    found, expected = intervals.crossed_signs(signs), seeds.crossed_difference(signs)
    assert found.interval(alpha) == pytest.approx(expected.interval(alpha), abs=1e-9)
    assert found.p_value == pytest.approx(expected.p_value, abs=1e-8)
    resampled = random.normal(size=(trainings, images))
    values = random.normal(size=trainings)
    ours, theirs = intervals.crossed_resamples(values, resampled), seeds.crossed_bootstrap(values, resampled)
    assert ours.interval(alpha) == pytest.approx(theirs.interval(alpha), abs=1e-9)


@given(st.lists(st.floats(0.1, 1000), min_size=2, max_size=30))
def test_median_interval(values):
    assert speeds.median_interval(values) == pytest.approx(estimates.median_interval(values), rel=1e-6)


@given(st.integers(1, 60), st.integers(0, 10**6))
def test_calibration_error(images, seed):
    random = np.random.default_rng(seed)
    confidences = random.choice([0.0, 1.0, *random.uniform(0, 1, 5)], images).astype(np.float32)
    (right,) = correlated(random, images, [0.6])
    nothing = np.zeros((images, 1), dtype=np.int64)
    answers = Answers((), right, nothing[:, 0], nothing, confidences[:, None], confidences)
    expected = expected_calibration_error(confidences, right)
    assert answers.ece_percent == pytest.approx(expected, abs=1e-9)
