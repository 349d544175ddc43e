"""AP of resampled images from matches made once: what COCO's evaluation says of the resampled set itself."""

from dataclasses import replace

import numpy as np
import pytest
from coco_sets import random_set, repeated, truth_of
from hypothesis import given, settings
from hypothesis import strategies as st

from dcanet.errors import UserError
from dcanet.evaluation import ap_bootstrap
from dcanet.evaluation.ap_bootstrap import bootstrap_ap, image_weights, intervals, paired_intervals
from dcanet.evaluation.coco_engine import RECALL_THRESHOLDS
from dcanet.evaluation.coco_metrics import coco_numbers
from dcanet.evaluation.coco_oracle import oracle_numbers
from dcanet.evaluation.detections import Detections
from dcanet.evaluation.weighted_ap import recalls_reached

ALL = ("all",)


def assert_brute_force(truth, detections, resamples=3, seed=0):
    found = bootstrap_ap(truth, detections, resamples, seed)
    assert list(found.values) == ["ap", "ap50", "ap75", "ap_small", "ap_medium", "ap_large"]
    for column, weights in enumerate(image_weights(len(truth.images), resamples, seed).T):
        expected = oracle_numbers(*repeated(truth, detections, weights))
        for name, value in found.values.items():
            number = found.resampled[name][column - 1] if column else value
            brute = getattr(expected, name)
            assert (number is None) == (brute is None), (name, column)
            assert number is None or abs(number - brute) <= 1e-9, (name, column)


@settings(max_examples=25)
@given(
    seed=st.integers(0, 2**32),
    images=st.integers(1, 8),
    categories=st.integers(1, 3),
    objects=st.sampled_from([0.5, 3.0]),
    boxes=st.sampled_from([0.5, 3.0]),
    scores=st.sampled_from([0, 1, 3, 10]),
    crowds=st.sampled_from([0.0, 0.3, 1.0]),
    side=st.sampled_from([30, 300]),
)
def test_random_sets(seed, **shape):
    truth, detections = random_set(seed, **shape)
    assert_brute_force(truth, detections, seed=seed)


def test_more_than_a_hundred_in_an_image():
    truth, detections = random_set(1, images=3, categories=1, objects=40, boxes=5, scores=30)
    assert_brute_force(truth, detections, resamples=2)


def test_equal_scores_in_a_repeated_image():
    """Hit, miss, hit, miss is not hit, hit, miss, miss."""
    box, beside = (10.0, 10.0, 50.0, 50.0), (200.0, 200.0, 50.0, 50.0)
    truth = truth_of([1, 2], [1], [(1, 1, box, 0), (1, 1, beside, 0), (2, 1, box, 0)])
    wrong = (100.0, 10.0, 5.0, 5.0)
    found = Detections.of(
        [1, 2], [1, 1, 1, 1, 2, 2], [1] * 6, [wrong, box, wrong, beside, box, wrong], [0.5] * 6
    )
    assert_brute_force(truth, found, resamples=6)


def test_all_images_once_is_the_number_itself():
    truth, detections = random_set(2, images=30)
    numbers, _ = coco_numbers(truth, detections)
    for name, value in bootstrap_ap(truth, detections, 2).values.items():
        assert value == pytest.approx(getattr(numbers, name), abs=1e-9)


@given(objects=st.integers(1, 5000), data=st.data())
def test_recalls_reached(objects, data):
    right = np.array(data.draw(st.lists(st.integers(0, objects), min_size=1, max_size=50)), np.float64)
    expected = np.searchsorted(RECALL_THRESHOLDS, right / objects, side="right")
    assert recalls_reached(right, np.array(objects)).tolist() == np.where(right > 0, expected, 0).tolist()


def test_the_seed_decides(monkeypatch):
    truth, detections = random_set(3, images=20)
    first = bootstrap_ap(truth, detections, 50, 4, ALL)
    assert bootstrap_ap(truth, detections, 50, 5, ALL).resampled != first.resampled
    assert bootstrap_ap(truth, detections, 50, 4, ALL) == first
    monkeypatch.setattr(ap_bootstrap, "BLOCK", 7)
    in_other_blocks = bootstrap_ap(truth, detections, 50, 4, ALL)
    for name, numbers in in_other_blocks.resampled.items():
        assert np.allclose(numbers, first.resampled[name], rtol=0, atol=1e-9)


def test_a_difference_from_itself_is_nothing():
    truth, detections = random_set(6, images=20)
    one = bootstrap_ap(truth, detections, 20, areas=ALL)
    for interval in paired_intervals(one, bootstrap_ap(truth, detections, 20, areas=ALL)).values():
        assert (interval.value, interval.low, interval.high, interval.standard_error) == (0, 0, 0, 0)


def test_pairs_have_the_same_resamples():
    truth, detections = random_set(7, images=40, objects=5)
    random = np.random.default_rng(0)
    kept = np.flatnonzero(random.random(len(detections.scores)) < 0.9)
    baseline, other = (
        bootstrap_ap(truth, found, 200, areas=ALL) for found in (detections.rows(kept), detections)
    )
    paired = paired_intervals(baseline, other)
    apart = [intervals(bootstrap)["ap"].standard_error for bootstrap in (baseline, other)]
    assert paired["ap"].value == pytest.approx(other.values["ap"] - baseline.values["ap"])
    assert paired["ap"].standard_error < np.hypot(*apart)
    for changed in (
        bootstrap_ap(truth, detections, 200, 1, ALL),
        bootstrap_ap(truth, detections, 100, areas=ALL),
    ):
        with pytest.raises(UserError, match="the bootstraps of a pair differ in"):
            paired_intervals(baseline, changed)
    part = truth.only(truth.images[1:])
    with pytest.raises(UserError, match="differ in images_hash"):
        paired_intervals(baseline, bootstrap_ap(part, detections, 200, areas=ALL))


def test_intervals_hold_their_value():
    truth, detections = random_set(8, images=60, categories=10, boxes=3)
    found = intervals(bootstrap_ap(truth, detections, 200))
    assert set(found) == {"ap", "ap50", "ap75", "ap_small", "ap_medium", "ap_large"}
    for interval in found.values():
        assert 0 <= interval.low < interval.value < interval.high <= 100
        assert interval.resamples == 200
        # Few objects of each category: the resamples' mean is above.
        assert interval.bias > 0


def test_no_object_in_some_resamples():
    truth, detections = random_set(9, images=3, objects=1.5, crowds=0)
    part = truth.annotations[truth.annotations["image"] == truth.images[0]]
    one = replace(truth, annotations=part)
    assert len(part)
    found = bootstrap_ap(one, detections, 100, areas=ALL)
    assert 0 < found.resampled["ap"].count(None) < 100
    assert intervals(found)["ap"].resamples == 100 - found.resampled["ap"].count(None)
    empty = bootstrap_ap(replace(truth, annotations=part[:0]), detections, 10, areas=ALL)
    assert empty.values == {"ap": None, "ap50": None, "ap75": None}
    assert intervals(empty) == {}


def test_coverage():
    """In 95 of 100 sets of images, more or less, the interval holds what such sets have in the mean."""
    truth, detections = random_set(10, images=3000, categories=4)
    sets = np.array_split(np.random.default_rng(0).permutation(truth.images), 60)
    found = [intervals(bootstrap_ap(truth.only(images), detections, 100, areas=ALL))["ap"] for images in sets]
    mean = np.mean([interval.value for interval in found])
    held = sum(interval.low <= mean <= interval.high for interval in found)
    assert 51 <= held <= 60
