"""Parts of an evaluation become one: every image exactly once, in the split's order."""

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from dcanet.errors import UserError
from dcanet.evaluation.predictions import SCHEMA, Predictions

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


ROWS = {
    "image": ["a/0", "a/1"],
    "target": [0, 1],
    "top5": [[0, 1], [1, 0]],
    "top5_scores": [[0.75, 0.25], [0.5, 0.5]],
    "loss": [0.25, 0.5],
}


def stored(path, **columns):
    rows = ROWS | columns
    arrays = [pa.array(rows[field.name], field.type) for field in SCHEMA]
    pq.write_table(pa.Table.from_arrays(arrays, schema=SCHEMA), path)
    return path


def test_a_whole_file(tmp_path):
    found = Predictions.load(stored(tmp_path / "predictions.parquet"))
    assert (found.images, found.top5.tolist(), found.nll) == (ROWS["image"], ROWS["top5"], 0.375)


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        ({name: [] for name in ROWS}, "has no images"),
        ({"image": ["a/0", "a/0"]}, "has an image twice"),
        ({"top5": [[0], [1, 0]]}, "has not the same number of guesses"),
        ({"top5": [[], []], "top5_scores": [[], []]}, "has not the same number of guesses"),
        ({"top5_scores": [[0.5], [0.5]]}, "has not the same number of guesses"),
        ({"target": [0, -1]}, "has a class that is no number from 0 on"),
        ({"top5": [[0, None], [1, 0]]}, "has a class that is no number from 0 on"),
        ({"loss": [0.5, float("nan")]}, "has a loss or a probability that is not finite"),
        ({"top5_scores": [[0.5, float("inf")], [1, 0]]}, "has a loss or a probability that is not finite"),
    ],
)
def test_files_that_no_evaluation_wrote(tmp_path, columns, message):
    path = stored(tmp_path / "predictions.parquet", **columns)
    with pytest.raises(UserError, match=f"predictions.parquet: {message}.*; evaluate again"):
        Predictions.load(path)
