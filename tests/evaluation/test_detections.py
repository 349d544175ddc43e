"""Detections on disk and in COCO's results format; bad files are told in one line."""

import json

import numpy as np
import pyarrow.parquet as pq
import pytest
import torch
from coco_sets import random_set
from hypothesis import given
from hypothesis import strategies as st
from pycocotools.coco import COCO

from dcanet.errors import UserError
from dcanet.evaluation.detection_results import read_results
from dcanet.evaluation.detections import Detections
from dcanet.evaluation.predictions import Predictions


def assert_equal(found, expected):
    for name in ("images", "image_ids", "category_ids", "boxes", "scores"):
        mine, theirs = getattr(found, name), getattr(expected, name)
        assert mine.dtype == theirs.dtype
        assert np.array_equal(mine, theirs), name


def test_sorted_by_image_and_score():
    found = Detections.of([9, 2, 5], [5, 2, 5, 5], [1, 2, 3, 4], np.ones((4, 4)), [0.5, 0.1, 0.9, 0.5])
    assert found.images.tolist() == [2, 5, 9]
    assert found.image_ids.tolist() == [2, 5, 5, 5]
    # Equal scores stay in the order in which they were given.
    assert found.category_ids.tolist() == [2, 3, 1, 4]


def test_from_a_model():
    outputs = [
        {
            "boxes": torch.tensor([[10.0, 20.0, 15.5, 40.0], [0.0, 0.0, 1.0, 2.0]]),
            "labels": torch.tensor([3, 1]),
            "scores": torch.tensor([0.25, 0.75]),
        },
        {"boxes": torch.zeros(0, 4), "labels": torch.zeros(0, dtype=torch.int64), "scores": torch.zeros(0)},
    ]
    found = Detections.from_model(outputs, [7, 4], [1, 2, 90])
    assert found.images.tolist() == [4, 7]
    assert found.image_ids.tolist() == [7, 7]
    assert found.category_ids.tolist() == [1, 90]
    assert found.boxes.tolist() == [[0, 0, 1, 2], [10, 20, 5.5, 20]]
    assert found.scores.tolist() == [0.75, 0.25]


def test_from_a_model_that_diverged():
    output = {"boxes": torch.full((1, 4), torch.nan), "labels": torch.ones(1), "scores": torch.ones(1)}
    with pytest.raises(UserError, match="image 7 has a box or score that is not finite"):
        Detections.from_model([output], [7], [1])


def test_no_images_on_a_rank():
    assert len(Detections.from_model([], [], [1]).images) == 0


def test_ranks_are_joined():
    _, whole = random_set(0, images=7)
    parts = [whole.only(whole.images[rank::3]) for rank in range(3)]
    assert_equal(Detections.joined(parts, whole.images), whole)
    with pytest.raises(RuntimeError, match="of 7 images 2 were not evaluated and 0 more than once"):
        Detections.joined(parts[:2], whole.images)
    with pytest.raises(RuntimeError, match="of 7 images 0 were not evaluated and 2 more than once"):
        Detections.joined([*parts, parts[1]], whole.images)
    with pytest.raises(RuntimeError, match="of 6 images 0"):
        Detections.joined(parts, whole.images[:6])


@given(seed=st.integers(0, 2**32), boxes=st.sampled_from([0.0, 2.0]))
def test_stored(tmp_path_factory, seed, boxes):
    path = tmp_path_factory.mktemp("stored") / "detections.parquet"
    _, detections = random_set(seed, boxes=boxes, scores=5)
    detections.save(path)
    assert_equal(Detections.load(path), detections)


def test_files_that_are_not_detections(tmp_path):
    path = tmp_path / "detections.parquet"
    _, detections = random_set(1)
    detections.save(path)
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(UserError, match="not a readable detections file"):
        Detections.load(path)
    with pytest.raises(UserError, match="not a readable detections file"):
        Detections.load(tmp_path / "missing.parquet")
    ones = np.ones(1)
    Predictions(["a"], ones, np.ones((1, 1)), np.ones((1, 1)), ones).save(path)
    with pytest.raises(UserError, match="not a detections file of schema version 1; evaluate again"):
        Detections.load(path)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({b"schema_version": b"2"}, "not a detections file of schema version 1"),
        ({b"images": b"[1, 2"}, "does not tell which images were evaluated"),
        ({b"images": b"[]"}, "is not one of the images that were evaluated; evaluate again"),
    ],
    ids=["version", "truncated", "images"],
)
def test_notes_of_a_file(tmp_path, change, message):
    path = tmp_path / "detections.parquet"
    random_set(1)[1].save(path)
    table = pq.read_table(path)
    pq.write_table(table.replace_schema_metadata(table.schema.metadata | change), path)
    with pytest.raises(UserError, match=message):
        Detections.load(path)


def test_stored_nan(tmp_path):
    path = tmp_path / "detections.parquet"
    _, detections = random_set(1)
    detections.boxes[3, 2] = np.nan
    detections.save(path)
    with pytest.raises(
        UserError, match=r"detections.parquet: image \d+ has a box or score that is not finite"
    ):
        Detections.load(path)


def test_official_format(tmp_path):
    """Through pycocotools and back, with every digit."""
    truth, detections = random_set(2)
    path = tmp_path / "results.json"
    detections.to_coco_json(path)
    images, kinds = truth.images.tolist(), list(truth.categories)
    assert_equal(read_results(path, images, kinds), detections)

    annotations = COCO()
    annotations.dataset = {
        "images": [{"id": image} for image in images],
        "categories": [{"id": kind} for kind in kinds],
        "annotations": [],
    }
    annotations.createIndex()
    loaded = annotations.loadRes(str(path)).dataset["annotations"]
    assert [entry["bbox"] for entry in loaded] == detections.boxes.tolist()
    assert [entry["score"] for entry in loaded] == detections.scores.tolist()


def test_official_format_of_nothing(tmp_path):
    truth, detections = random_set(2, boxes=0)
    path = tmp_path / "results.json"
    detections.to_coco_json(path)
    assert json.loads(path.read_text()) == []
    assert_equal(read_results(path, truth.images.tolist(), truth.categories), detections)


RESULT = {"image_id": 1, "category_id": 2, "bbox": [1, 2, 3, 4], "score": 0.5}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (json.dumps([RESULT])[:40], "not whole JSON at character"),
        ('{"a": 1}', "is not a list of results"),
        (json.dumps([RESULT, 5]), "result 2 is malformed; each needs whole numbers"),
        (json.dumps([RESULT | {"bbox": [1, 2, 3]}]), "result 1 is malformed"),
        (json.dumps([RESULT | {"score": None}]), "result 1 is malformed"),
        (json.dumps([RESULT | {"image_id": [1]}]), "result 1 is malformed"),
        (json.dumps([RESULT | {"image_id": 3}]), "result 1 is of image 3, which is not in the annotations"),
        (json.dumps([RESULT | {"category_id": 1}]), "result 1 is of category 1, which is not in"),
        (json.dumps([RESULT | {"bbox": [1, float("nan"), 3, 4]}]), "has a box or score that is not finite"),
        (json.dumps([RESULT | {"score": float("inf")}]), "has a box or score that is not finite"),
        (json.dumps([RESULT | {"score": 10**400}]), "result 1 is malformed"),
        (json.dumps([RESULT | {"bbox": [1, 2, -3, 4]}]), "has a box with a negative side"),
        ("\xff", "not a readable JSON file"),
        (None, "cannot be read"),
    ],
    ids=[
        "truncated",
        "object",
        "number",
        "three sides",
        "no score",
        "list",
        "image",
        "category",
        "nan",
        "infinite",
        "huge",
        "negative",
        "latin",
        "missing",
    ],
)
def test_bad_results(tmp_path, text, message):
    path = tmp_path / "results.json"
    if text is not None:
        path.write_bytes(text.encode("latin-1"))
    with pytest.raises(UserError, match=message) as caught:
        read_results(path, [1], [2])
    assert str(caught.value).startswith(f"{path}: ")
    assert "\n" not in str(caught.value)
