"""Predictions that cannot be compared are refused in one line that names both files."""

from dataclasses import replace

import numpy as np
import pytest
from prediction_sets import predictions_of, scores_of

from dcanet.errors import UserError
from dcanet.statistics.graded import check_alone, check_pair
from dcanet.statistics.pairs import Pair
from dcanet.statistics.scores import Scores, read_scores

RIGHT = [True, False] * 6


def a_and_b(**changes):
    return scores_of(RIGHT, "a.parquet"), replace(scores_of(RIGHT, "b.parquet"), **changes)


def test_order_on_disk_does_not_matter():
    predictions = predictions_of(RIGHT)
    order = np.random.default_rng(0).permutation(12)
    shuffled = replace(
        predictions,
        images=[predictions.images[place] for place in order],
        targets=predictions.targets[order],
        top5=predictions.top5[order],
        scores=predictions.scores[order],
        losses=predictions.losses[order],
    )
    first, second = (Scores.of(each, "x") for each in (predictions, shuffled))
    assert first.images == second.images == tuple(sorted(predictions.images))
    for name in ("targets", "answers", "confidences", "right", "right5", "losses"):
        assert np.array_equal(getattr(first, name), getattr(second, name))


def test_read_as_written(tmp_path):
    predictions = predictions_of(RIGHT)
    files = [(tmp_path / f"{number}.parquet", number) for number in range(2)]
    for path, _ in files:
        predictions.save(path)
    first, second = read_scores(files)
    assert (first.seed, second.seed) == (0, 1)
    assert first.images is second.images
    assert np.mean(first.right) == predictions.top_k_percent(1) / 100
    assert np.mean(first.right5) == predictions.top_k_percent(5) / 100
    assert first.losses.mean(dtype=float) == pytest.approx(predictions.nll)


@pytest.mark.parametrize(
    ("right", "changes", "problem"),
    [
        ([], {}, "has 0 images; statistics need at least two"),
        ([True], {}, "has 1 image; statistics need at least two"),
        ([True] * 4, {"classes": 4, "images": ["a", "b", "a", "c"]}, "lists 'a' more than once"),
        ([True, False, True], {"classes": 10**6}, None),
    ],
)
def test_alone(right, changes, problem):
    scores = scores_of(right, "a.parquet", **changes)
    if problem is None:
        check_alone(scores)
        return
    with pytest.raises(UserError, match=f"^a.parquet: {problem}"):
        check_alone(scores)
    for pair in ((scores, scores_of(RIGHT, "b.parquet")), (scores_of(RIGHT, "b.parquet"), scores)):
        with pytest.raises(UserError, match=rf"^a.parquet \(compared with b.parquet\): {problem}"):
            check_pair(*pair)


def test_one_class():
    a, b = a_and_b(targets=np.full(12, 2, np.int32))
    with pytest.raises(
        UserError, match=r"^b.parquet \(compared with a.parquet\): has images of one class only"
    ):
        check_pair(a, b)


def test_losses_that_are_no_numbers():
    a, b = a_and_b(losses=np.array([1.0] * 11 + [np.inf], np.float32))
    with pytest.raises(UserError, match=r"b.parquet .*loss that is not a number, of 'class2/00011.png'"):
        check_pair(a, b)


def test_different_images():
    a = scores_of(RIGHT, "a.parquet")
    b = scores_of(RIGHT[:-2], "b.parquet")
    with pytest.raises(
        UserError, match=r"^a.parquet and b.parquet are of different images: 2 of 12 only in the first \(as"
    ):
        check_pair(a, b)
    renamed = replace(b, images=tuple(f"z/{image}" for image in b.images))
    with pytest.raises(UserError, match=r"12 of 12 only in the first .* 10 of 10 only in the second"):
        check_pair(a, renamed)


def test_different_truths():
    a, b = a_and_b()
    b.targets[3] = (b.targets[3] + 1) % 3
    with pytest.raises(
        UserError,
        match=r"^a.parquet and b.parquet disagree about the true class of 1 of 12 images \(of 'class0/00009",
    ):
        check_pair(a, b)


def test_seeds():
    runs = {seed: scores_of(RIGHT, f"{seed}.parquet", seed) for seed in (0, 1, 2)}
    others = {seed: scores_of(RIGHT, f"other{seed}.parquet", seed) for seed in (0, 1)}
    with pytest.raises(UserError, match=r"^2.parquet is of seed 2, .* beside other0.parquet; evaluate"):
        Pair.of(("a", list(runs.values())), ("b", list(others.values())))
    with pytest.raises(UserError, match=r"^2.parquet is of seed 2, .* beside other0.parquet"):
        Pair.of(("b", list(others.values())), ("a", list(runs.values())))
    pair = Pair.of(("a", [runs[1], runs[0]]), ("b", [others[0], others[1]]))
    assert [(a.seed, b.seed) for a, b in pair.runs] == [(0, 0), (1, 1)]


def test_one_training_each_may_have_any_seed():
    pair = Pair.of(("a", [scores_of(RIGHT, seed=3)]), ("b", [scores_of(RIGHT, seed=None)]))
    assert pair.single


def test_the_same_seed_twice():
    twice = [scores_of(RIGHT, f"{number}.parquet", 0) for number in range(2)]
    with pytest.raises(UserError, match=r"0.parquet and 1.parquet are both of seed 0"):
        Pair.of(("a", twice), ("b", twice))
