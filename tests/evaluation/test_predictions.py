"""Parts of an evaluation become one: every image exactly once, in the split's order."""

import numpy as np
import pytest

from dcanet.evaluation.predictions import Predictions

IMAGES = ["a/0", "a/1", "b/0", "b/1", "b/2"]


def part(*numbers):
    return Predictions(
        images=[IMAGES[number] for number in numbers],
        targets=np.array(numbers),
        top5=np.array([[number] for number in numbers]).reshape(-1, 1),
        scores=np.ones((len(numbers), 1)),
        losses=np.array(numbers, np.float32),
    )


def test_ranks_are_put_in_order():
    joined = Predictions.joined([part(0, 2), part(4), part(1, 3)], IMAGES)
    assert joined.images == IMAGES
    for found in (joined.targets, joined.top5[:, 0], joined.losses):
        assert found.tolist() == [0, 1, 2, 3, 4]


@pytest.mark.parametrize(
    ("parts", "message"),
    [
        ([part(0, 1, 2, 3)], "of 5 images 1 were not evaluated and 0 more than once"),
        ([part(0, 1, 2, 3, 4), part(0)], "0 were not evaluated and 1 more than once"),
        ([part(0, 1, 2, 3, 3)], "1 were not evaluated and 1 more than once"),
        ([], "5 were not evaluated"),
    ],
)
def test_none_is_missing_or_repeated(parts, message):
    with pytest.raises(RuntimeError, match=message):
        Predictions.joined(parts, IMAGES)
