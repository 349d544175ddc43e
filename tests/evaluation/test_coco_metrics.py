"""COCO's twelve numbers: hotcoco's are those of pycocotools, and those published for COCO's own check."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from coco_sets import random_set, truth_of
from hypothesis import given, settings
from hypothesis import strategies as st

from dcanet.detection_documents import DetectionMetrics
from dcanet.errors import UserError
from dcanet.evaluation import coco_oracle
from dcanet.evaluation.ap_bootstrap import bootstrap_ap, intervals
from dcanet.evaluation.coco_ground_truth import read_ground_truth
from dcanet.evaluation.coco_metrics import coco_numbers
from dcanet.evaluation.coco_oracle import agree, oracle_numbers
from dcanet.evaluation.detection_results import read_results
from dcanet.evaluation.detections import Detections

EVALUATOR = Path(__file__).parents[2].parent / "shared" / "data" / "evaluator"
PUBLISHED = (0.505, 0.697, 0.573, 0.586, 0.519, 0.501, 0.387, 0.594, 0.595, 0.640, 0.566, 0.564)


def assert_same(truth, detections):
    found, _ = coco_numbers(truth, detections)
    for name, expected in oracle_numbers(truth, detections):
        number = getattr(found, name)
        assert (number is None) == (expected is None), name
        assert number is None or abs(number - expected) <= 1e-9, name


@settings(max_examples=60)
@given(
    seed=st.integers(0, 2**32),
    images=st.integers(1, 8),
    categories=st.integers(1, 5),
    objects=st.sampled_from([0.0, 0.3, 2.0, 6.0]),
    boxes=st.sampled_from([0.0, 0.5, 3.0]),
    scores=st.sampled_from([0, 1, 4]),
    crowds=st.sampled_from([0.0, 0.3, 1.0]),
    side=st.sampled_from([0.5, 30, 300, 20_000]),
)
def test_random_sets(**shape):
    assert_same(*random_set(**shape))


def test_more_than_a_hundred_in_an_image():
    truth, detections = random_set(1, images=2, categories=1, objects=40, boxes=6, scores=20)
    assert np.unique(detections.image_ids, return_counts=True)[1].min() > 200
    assert_same(truth, detections)


def test_nothing_found():
    truth, detections = random_set(2)
    nothing = detections.rows(np.arange(0))
    numbers, per_category = coco_numbers(truth, nothing)
    assert numbers.ap == 0
    assert all(entry.ap in (0, None) for entry in per_category.values())
    assert_same(truth, nothing)


def test_an_object_with_the_id_0_is_found():
    truth = truth_of([1], [7], [(1, 7, (10.0, 10.0, 50.0, 50.0), 0)])
    assert truth.annotations["id"][0] == 0
    found = Detections.of([1], [1], [7], [(10, 10, 50, 50)], [0.9])
    assert coco_numbers(truth, found)[0].ap == pytest.approx(100)


def test_per_category():
    truth, detections = random_set(3, images=20)
    numbers, per_category = coco_numbers(truth, detections)
    rows = truth.annotations
    for number, name in truth.categories.items():
        alone = replace(truth, categories={number: name}, annotations=rows[rows["category"] == number])
        of_it = detections.rows(np.flatnonzero(detections.category_ids == number))
        assert coco_numbers(alone, of_it)[0].ap == pytest.approx(per_category[name].ap, abs=1e-9)
        assert per_category[name].objects == ((rows["category"] == number) & (rows["crowd"] == 0)).sum()
    assert numbers.ap == pytest.approx(np.mean([entry.ap for entry in per_category.values()]), abs=1e-9)


def test_images_beyond_the_truth_do_not_count():
    truth, detections = random_set(4)
    part = truth.only(truth.images[:3])
    assert coco_numbers(part, detections) == coco_numbers(part, detections.only(part.images))


def test_detections_of_another_file():
    truth, detections = random_set(5)
    strange = replace(detections, category_ids=np.full_like(detections.category_ids, 99))
    with pytest.raises(UserError, match="has no category 99, of which there are detections"):
        coco_numbers(truth, strange)
    with pytest.raises(UserError, match="has no image 1000; evaluate on the file that has it"):
        truth.only([1000])


def test_a_check_of_every_run(monkeypatch):
    truth, detections = random_set(6, images=30)
    number, difference = agree(truth, detections, sample=10)
    assert number == 10
    assert difference <= 1e-9

    def wrong(truth, detections):
        numbers, per_category = coco_numbers(truth, detections)
        return numbers.model_copy(update={"ar10": numbers.ar10 + 1e-6}), per_category

    monkeypatch.setattr(coco_oracle, "coco_numbers", wrong)
    with pytest.raises(RuntimeError, match="on 10 images hotcoco and pycocotools differ by"):
        agree(truth, detections, sample=10)


@pytest.fixture(scope="module")
def published():
    if not EVALUATOR.is_dir():
        pytest.skip(f"{EVALUATOR} with COCO's own check is not here")
    results = EVALUATOR / "instances_val2014_fakebbox100_results.json"
    whole = read_ground_truth(EVALUATOR / "instances_val2014_100.json")
    # The check is of the images that the annotations name, not of those with detections.
    return whole, read_results(results, whole.images.tolist(), whole.categories)


def test_published_numbers(published):
    numbers, per_category = coco_numbers(*published)
    assert [round(number / 100, 3) for _, number in numbers] == list(PUBLISHED)
    assert len(per_category) == 80


def test_published_set_by_pycocotools(published):
    assert_same(*published)
    assert agree(*published)[0] == 100


ANNOTATIONS = {
    "images": [{"id": 1, "file_name": "a.jpg", "width": 9, "height": 9}],
    "categories": [{"id": 3, "name": "cat"}],
    "annotations": [
        {"id": 5, "image_id": 1, "category_id": 3, "bbox": [1, 2, 3, 4], "area": 12, "iscrowd": 0}
    ],
}


@pytest.mark.parametrize(
    ("key", "change", "message"),
    [
        ("annotations", {"image_id": 2}, "annotation 5 is of image 2, which is not there"),
        ("annotations", {"category_id": 4}, "annotation 5 is of category 4, which is not there"),
        (
            "annotations",
            {"bbox": [1, 2, float("nan"), 4]},
            "annotation 5 has a box or area that is not finite",
        ),
        ("images", None, "two images have the same id or name"),
        ("categories", None, "two categories have the same id or name"),
    ],
    ids=["image", "category", "box", "images", "categories"],
)
def test_broken_annotations(tmp_path, key, change, message):
    document = json.loads(json.dumps(ANNOTATIONS))
    if change:
        document[key][0] |= change
    else:
        document[key] *= 2
    path = tmp_path / "instances.json"
    path.write_text(json.dumps(document))
    with pytest.raises(UserError, match=message) as caught:
        read_ground_truth(path)
    assert "\n" not in str(caught.value)


def test_some_images_of_a_file(tmp_path):
    document = json.loads(json.dumps(ANNOTATIONS))
    document["images"].append(document["images"][0] | {"id": 0})
    path = tmp_path / "instances.json"
    path.write_text(json.dumps(document))
    assert read_ground_truth(path).images.tolist() == [0, 1]
    assert len(read_ground_truth(path, [1]).annotations) == 1
    assert len(read_ground_truth(path, [0]).annotations) == 0


def test_document(tmp_path):
    truth, detections = random_set(7, images=20)
    numbers, per_category = coco_numbers(truth, detections)
    checked, difference = agree(truth, detections)
    metrics = DetectionMetrics(
        model="retinanet_dca_se_resnet50",
        options={},
        seed=None,
        dataset="coco",
        split="val",
        images=len(truth.images),
        objects=len(truth.annotations),
        crowds=0,
        detections=len(detections.scores),
        numbers=numbers,
        per_category=per_category,
        intervals=intervals(bootstrap_ap(truth, detections, 10)),
        oracle_images=checked,
        oracle_difference=difference,
        weights_sha256="0" * 64,
        data_fingerprint="0" * 16,
    )
    path = tmp_path / "metrics.json"
    metrics.save(path)
    assert DetectionMetrics.load(path) == metrics
    path.write_text(path.read_text().replace('"ap50"', '"ap51"'))
    with pytest.raises(UserError, match=r"metrics\.json: numbers\.ap51: .*; evaluate again"):
        DetectionMetrics.load(path)
