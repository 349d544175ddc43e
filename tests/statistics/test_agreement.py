"""How alike networks answer, image by image."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from prediction_sets import scores_of
from sklearn.metrics import cohen_kappa_score

from dcanet.statistics.agreement import consistency, mistakes, same_answers, surest_flips
from dcanet.statistics.paired import tango
from dcanet.statistics.pairs import Pair, top1_differences
from dcanet.statistics.per_class import class_deltas
from dcanet.statistics.settings import Settings

VECTORS = st.lists(st.tuples(st.booleans(), st.booleans()), min_size=2, max_size=40)


@given(VECTORS)
def test_kappa_like_scikit_learns(pairs):
    one, other = np.array(pairs).T
    kappa = consistency([scores_of(one), scores_of(other)])
    if len({*one.tolist(), *other.tolist()}) == 2:
        assert kappa[0, 1] == pytest.approx(cohen_kappa_score(one, other))
    assert kappa[0, 1] == kappa[1, 0]
    assert np.diag(kappa) == pytest.approx(1)


def test_matrices():
    runs = [scores_of([True, False] * 10, seed=0), scores_of([True] * 20), scores_of([False] * 20)]
    answers = same_answers(runs)
    assert (np.diag(answers) == 1).all()
    assert np.array_equal(answers, answers.T)
    assert answers[0, 1] == np.mean(runs[0].answers == runs[1].answers)
    assert answers[1, 2] == 0
    assert consistency(runs)[0, 1] == 0
    # Both always right, or one never where the other always is.
    assert consistency([runs[1], runs[1]])[0, 1] == 1
    assert consistency(runs)[1, 2] == 0


def test_mistakes_add_up():
    a, b = scores_of([False] * 30, classes=4, seed=0), scores_of([False] * 30, classes=4)
    same, different = mistakes(a, b)
    assert (same, different) == (30, 0)
    b.answers[:10] = a.answers[:10] + 1
    assert mistakes(a, b) == (20, 10)


def test_surest_flips():
    a = scores_of([True, False, False, True, False, True])
    b = scores_of([True, True, True, False, True, False])
    a.confidences[:], b.confidences[:] = 0.9, [0.5, 0.8, 0.6, 0.7, 0.95, 0.7]
    gained, lost = surest_flips(a, b, 2)
    # Images in the order of their ids: 0 and 3 are of class 0, 1 and 4 of class 1, 2 and 5 of class 2.
    order = [int(image.split("/")[1][:5]) for image in a.images]
    assert order == [0, 3, 1, 4, 2, 5]
    assert [each.image for each in gained] == ["class2/00002.png", "class1/00004.png"]
    assert all(each.baseline_confidence == pytest.approx(0.9) for each in gained)
    assert {each.image for each in lost} == {"class0/00003.png", "class2/00005.png"}
    assert surest_flips(a, a, 2) == ([], [])


def deltas(before, after):
    pair = Pair.of(("a", before), ("b", after))
    return class_deltas(pair.images, pair.runs[0][0].targets, top1_differences(pair), Settings())


def test_classes():
    right = np.array([False] * 30)
    better = right.copy()
    better[[0, 3, 6, 9, 12, 15, 18, 21, 1]] = True
    found = deltas([scores_of(right)], [scores_of(better)])
    assert list(found) == ["class0", "class1", "class2"]
    assert [(each.images, each.gained, each.lost) for each in found.values()] == [
        (10, 8, 0),
        (10, 1, 0),
        (10, 0, 0),
    ]
    assert found["class0"].difference.value == 80
    assert (found["class0"].difference.low / 100, found["class0"].difference.high / 100) == tango(8, 0, 10)
    assert found["class0"].p_adjusted == pytest.approx(3 * 2 / 2 / 2**8)
    assert found["class2"].p_adjusted == 1


def test_classes_of_several_trainings():
    random = np.random.default_rng(1)
    before = [scores_of(random.random(60) < 0.5, seed=seed) for seed in (0, 1)]
    after = [scores_of(random.random(60) < 0.7, seed=seed) for seed in (0, 1)]
    found = deltas(before, after)
    together = sum(each.gained - each.lost for each in found.values())
    assert together == sum(
        int(b.right.sum()) - int(a.right.sum()) for a, b in zip(before, after, strict=True)
    )
    for each in found.values():
        assert each.difference.value == pytest.approx(100 * (each.gained - each.lost) / each.images / 2)
        assert each.difference.low <= each.difference.value <= each.difference.high


def test_a_class_with_one_image_is_left_out():
    assert list(deltas([scores_of([True] * 4)], [scores_of([False] * 4)])) == ["class0"]
