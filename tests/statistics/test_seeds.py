"""Means over trainings and images, beside the analysis of variance written out."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.stats import norm, t, ttest_1samp

from dcanet.statistics.bootstrap import resample_means
from dcanet.statistics.seeds import crossed_bootstrap, crossed_difference, crossed_mean

SHAPES = st.tuples(st.integers(1, 5), st.integers(2, 30))
SIGNS = SHAPES.flatmap(lambda shape: arrays(np.int8, shape, elements=st.integers(-1, 1)))


def test_one_training_is_the_normal_interval():
    values = np.random.default_rng(0).normal(1, 3, (1, 400))
    mean = crossed_mean(values)
    half = norm.ppf(0.975) * values.std(ddof=1) / 20
    assert mean.interval() == pytest.approx((values.mean() - half, values.mean() + half))
    assert mean.p_value == pytest.approx(2 * norm.sf(abs(values.mean()) / (half / norm.ppf(0.975))))
    assert (mean.seed_variance, mean.sampling_variance) == (0, pytest.approx(values.var(ddof=1) / 400))


def test_trainings_that_alone_differ_are_students_interval():
    values = np.tile([[1.0], [2.0], [4.0]], (1, 50))
    mean = crossed_mean(values)
    expected = ttest_1samp([1, 2, 4], 0)
    assert mean.p_value == pytest.approx(expected.pvalue)
    assert mean.interval() == pytest.approx(tuple(expected.confidence_interval()))
    assert mean.sampling_variance == pytest.approx(0, abs=1e-12)


def test_mean_squares():
    """The parts of the variance from the table of a two-way analysis, cell by cell."""
    random = np.random.default_rng(4)
    seeds, images = 4, 30
    effects = random.normal(0, 1, (seeds, 1)) + random.normal(0, 2, (1, images))
    values = effects + random.normal(0, 0.5, (seeds, images))
    rows, columns, whole = values.mean(axis=1), values.mean(axis=0), values.mean()
    of_seeds = images * sum((row - whole) ** 2 for row in rows) / (seeds - 1)
    of_images = seeds * sum((column - whole) ** 2 for column in columns) / (images - 1)
    rest = sum(
        (values[s, i] - rows[s] - columns[i] + whole) ** 2 for s in range(seeds) for i in range(images)
    ) / ((seeds - 1) * (images - 1))
    mean = crossed_mean(values)
    every = seeds * images
    assert mean.seed_variance == pytest.approx((of_seeds - rest) / every)
    assert mean.sampling_variance == pytest.approx(of_images / every)
    assert mean.variance == pytest.approx((of_seeds + of_images - rest) / every)
    quantile = t.ppf(0.975, 3) * of_seeds + norm.ppf(0.975) * (of_images - rest)
    quantile /= of_seeds + of_images - rest
    assert mean.half_width() == pytest.approx(quantile * np.sqrt(mean.variance))


@given(SIGNS)
def test_difference_of_right_and_wrong(signs):
    found, back = crossed_difference(signs), crossed_difference(-signs)
    low, high = found.interval()
    assert low - 1e-9 <= signs.mean() <= high + 1e-9
    assert (-high, -low) == pytest.approx(back.interval())
    assert 0 <= found.p_value <= 1
    assert found.p_value == pytest.approx(back.p_value)
    assert found.seed_variance >= 0
    if signs.shape[0] > 1:
        order = np.random.default_rng(0).permutation(signs.shape[1])
        assert crossed_difference(signs[::-1, order]).interval() == pytest.approx((low, high))


@given(SIGNS, st.sampled_from([0.05, 0.01, 0.3]))
def test_p_and_interval_agree(signs, alpha):
    found = crossed_difference(signs)
    if abs(found.p_value - alpha) > 1e-6:
        low, high = found.interval(alpha)
        assert (found.p_value < alpha) == (low > 0 or high < 0)


def test_few_images_are_no_certainty():
    """Two images, both gained by both trainings."""
    assert crossed_difference(np.ones((2, 2), dtype=np.int8)).p_value > 0.05


def test_bootstrap_of_a_mean_is_the_analysis_of_variance():
    """For a mean over images, where both are defined; all that differs is the number of resamples."""
    random = np.random.default_rng(1)
    effects = random.normal(0, 0.05, (4, 1)) + random.normal(0, 1, (1, 500))
    values = effects + random.normal(0, 1, (4, 500))
    expected = crossed_mean(values)
    found = crossed_bootstrap(values.mean(axis=1), resample_means(values.T, 20_000).T)
    assert (found.value, found.between) == pytest.approx((expected.value, expected.between))
    for part in ("shared", "noise", "seed_variance", "sampling_variance"):
        assert getattr(found, part) == pytest.approx(getattr(expected, part), rel=0.05), part
    assert found.interval() == pytest.approx(expected.interval(), rel=0.05)
    assert found.p_value == pytest.approx(expected.p_value, rel=0.05)


@given(st.integers(2, 5), st.integers(2, 40), st.floats(-50, 50), st.integers(0, 2**32))
def test_parts_of_the_bootstrap(seeds, resamples, bias, draw):
    """From the covariance of the trainings over the resamples, written out; their level does not matter."""
    random = np.random.default_rng(draw)
    values = random.normal(30, 1, seeds)
    resampled = random.normal(30, 1, (seeds, resamples)) + random.normal(0, 1, resamples)
    found = crossed_bootstrap(values, resampled)
    covariance = np.cov(resampled)
    of_mean = covariance.sum() / seeds**2
    rest = (np.trace(covariance) - covariance.sum() / seeds) / (seeds - 1)
    assert found.noise == pytest.approx(rest / seeds)
    assert found.shared == pytest.approx(max(0.0, of_mean - rest / seeds), abs=1e-9)
    assert found.between == pytest.approx(values.var(ddof=1) / seeds)
    assert found.seed_variance == pytest.approx(max(0.0, (values.var(ddof=1) - rest) / seeds), abs=1e-9)
    shifted = crossed_bootstrap(values, resampled + bias)
    assert shifted.interval() == pytest.approx(found.interval())


def test_bootstrap_of_one_training():
    resampled = np.random.default_rng(2).normal(40, 2, (1, 500))
    found = crossed_bootstrap(np.array([39.0]), resampled)
    assert (found.between, found.noise) == (0, 0)
    assert found.p_value == pytest.approx(2 * norm.sf(39 / resampled.std(ddof=1)), abs=1e-12)


def test_bootstrap_coverage():
    """Medians, which are no means: about 95 of 100 intervals over trainings and images hold the truth."""
    random = np.random.default_rng(5)
    images, seeds, trials = 200, 3, 400
    means = []
    for _ in range(trials):
        shared = random.gamma(2, 1, images)
        values = shared + random.normal(0, 0.4, (seeds, images)) + random.normal(0, 0.1, (seeds, 1))
        drawn = random.integers(0, images, (150, images))
        resampled = np.median(values[:, drawn], axis=2)
        means.append(crossed_bootstrap(np.median(values, axis=1), resampled))
    truth = np.mean([mean.value for mean in means])
    held = np.mean([low <= truth <= high for low, high in (mean.interval() for mean in means)])
    assert 0.92 <= held <= 0.99
