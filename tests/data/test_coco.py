"""Reading COCO data sets."""

import json
import math

import numpy as np
import pytest
from coco_folders import CATEGORIES, annotation, document, edit, write_annotations, write_coco
from hypothesis import given
from hypothesis import strategies as st

from dcanet.data.coco import list_coco, read_coco
from dcanet.data.coco_dataset import CocoDataset
from dcanet.data.coco_describe import describe_coco
from dcanet.errors import UserError


@pytest.fixture
def root(tmp_path):
    return write_coco(tmp_path / "pets")


def test_images_with_their_boxes(root):
    split = read_coco(root, "train")
    assert [image.id for image in split.images] == list(range(11, 19))
    assert split.category_ids == [3, 7, 90]
    image = split.images[1]
    assert (image.id, image.width, image.height) == (12, 48, 36)
    assert image.path == root / "train2017" / "000000000012.jpg"
    assert image.boxes.tolist() == [[1.5, 2.25, 21.5, 17.75]]
    assert image.labels.tolist() == [1]
    assert [kind.name for kind in split.categories] == ["cat", "dog", "bird"]
    assert split.images[0].labels.tolist() == [3, 1, 2]  # in the order of their ids, not the file's
    assert split.images[-1].id == 18
    assert [image.id for image in split.images[2:4]] == [13, 14]
    with pytest.raises(IndexError):
        split.images[8]


def test_crowds_are_kept_apart(root):
    def crowd(content):
        content["annotations"] += [annotation(5000, 12, (0, 0, 30, 30), crowd=1)]

    edit(root, "train", crowd)
    image = read_coco(root, "train").images[1]
    assert image.crowds.tolist() == [[0, 0, 30, 30]]
    assert len(image.boxes) == 1


def test_image_without_annotations_has_no_boxes(root):
    edit(root, "val", lambda content: content["annotations"].pop())
    empty = {1001, 1002, 1003, 1004} - {
        row["image_id"]
        for row in json.loads((root / "annotations/instances_val2017.json").read_text())["annotations"]
    }
    for image in read_coco(root, "val").images:
        assert (len(image.boxes) == 0) == (image.id in empty)
        assert image.boxes.shape[1:] == image.crowds.shape[1:] == (4,)


def test_fingerprint_is_of_the_content_alone(root):
    before = read_coco(root, "val").fingerprint

    def reorder(content):
        for entries in (content["images"], content["annotations"], content["categories"]):
            entries.reverse()
        content["info"] = {"url": "elsewhere"}

    edit(root, "val", reorder)
    assert read_coco(root, "val").fingerprint == before
    edit(root, "val", lambda content: content["annotations"][0]["bbox"].__setitem__(2, 20.001))
    assert read_coco(root, "val").fingerprint != before


@pytest.mark.parametrize("folder", ["val2017", "images/val2017", "val", "images/val"])
def test_places_of_images(root, folder):
    (root / "images").mkdir()
    (root / "val2017").rename(root / folder)
    assert read_coco(root, "val").images[0].path.parent == root / folder


def test_annotations_of_another_year_and_images_in_folders(root):
    (root / "annotations" / "instances_val2017.json").rename(root / "annotations" / "instances_val2014.json")
    (root / "val2017").rename(root / "val2014")
    (root / "val2014" / "sub").mkdir()
    (root / "val2014" / "000000001001.jpg").rename(root / "val2014" / "sub" / "a.jpg")
    path = root / "annotations" / "instances_val2014.json"
    path.write_text(path.read_text().replace("000000001001.jpg", "sub/a.jpg"))
    assert read_coco(root, "val").images[0].path == root / "val2014" / "sub" / "a.jpg"


@pytest.mark.parametrize(
    ("box", "area", "reason"),
    [
        ((math.nan, 1, 5, 5), 25, "not finite"),
        ((1, 1, math.inf, 5), 25, "not finite"),
        ((1, 1, 5, 5), math.nan, "not finite"),
        ((1, 1, 0, 5), 0, "side below 1 pixel"),
        ((1, 1, 5, 0.9), 4.5, "side below 1 pixel"),
        ((1, 1, -5, 5), 25, "side below 1 pixel"),
        ((1, 1, 5, 5), 0, "no area"),
        ((60, 1, 5, 5), 25, "outside the image"),
        ((-5, 1, 5, 5), 25, "outside the image"),
        ((1, 1e308, 5, 5), 25, "outside the image"),
        ((1, 1e308, 5, 1e308), 25, "not finite"),
    ],
)
def test_boxes_that_are_left_out(root, box, area, reason):
    def add(content):
        content["annotations"] += [
            annotation(5000 + turn, 1001, box, crowd=turn, area=area) for turn in (0, 1)
        ]

    before = read_coco(root, "val")
    edit(root, "val", add)
    split = read_coco(root, "val")
    assert split.dropped == {reason: 2}
    assert split.fingerprint == before.fingerprint


def test_a_box_across_the_edge_stays_as_it_is(root):
    edit(root, "val", lambda content: content["annotations"].append(annotation(5000, 1001, (-3, 30, 80, 40))))
    assert [-3, 30, 77, 70] in read_coco(root, "val").images[0].boxes.tolist()


number = st.one_of(st.floats(width=64), st.floats(-10, 70), st.integers(-(10**18), 10**18))


@given(
    rows=st.lists(st.tuples(st.tuples(number, number, number, number), number, st.integers(0, 1)), min_size=1)
)
def test_whatever_boxes_there_are(tmp_path_factory, rows):
    root = tmp_path_factory.mktemp("coco")
    (root / "val").mkdir()
    annotations = [
        annotation(index, index % 2, box, CATEGORIES[index % 3]["id"], crowd, area)
        for index, (box, area, crowd) in enumerate(rows)
    ]
    write_annotations(root, "val", document([(0, "a", (60, 40)), (1, "b", (40, 60))], annotations))
    split = list_coco(root, "val")
    kept = sum(len(image.boxes) + len(image.crowds) for image in split.images)
    assert kept + sum(split.dropped.values()) == len(rows)
    for image in split.images:
        for boxes in (image.boxes, image.crowds):
            assert np.isfinite(boxes).all()
            assert (boxes[:, :2] < (image.width, image.height)).all()
            assert (boxes[:, 2:] > 0).all()
        assert set(image.labels.tolist()) <= {1, 2, 3}


def test_images_that_a_check_found_broken_are_left_out(root):
    checked = describe_coco(root, "pets")
    broken = "000000001002.jpg"
    checked.splits["val"].bad_images[broken] = "image is missing"
    (root / "val2017" / broken).unlink()
    split = read_coco(root, "val", checked)
    assert [image.id for image in split.images] == [1001, 1003, 1004]
    whole = list_coco(root, "val")
    for image, other in zip(split.images, [whole.images[place] for place in (0, 2, 3)], strict=True):
        assert image.path == other.path
        assert np.array_equal(image.boxes, other.boxes)
        assert np.array_equal(image.labels, other.labels)
    assert len(read_coco(root, "train", checked).images) == 8
    edit(root, "val", lambda content: content["annotations"][0]["bbox"].__setitem__(0, 2.5))
    with pytest.raises(UserError, match=r"val has changed since it was checked .*run `dcanet data check`"):
        read_coco(root, "val", checked)


def test_all_images_broken(root):
    checked = describe_coco(root, "pets")
    names = [image.path.name for image in list_coco(root, "val").images]
    checked.splits["val"].bad_images = dict.fromkeys(names, "broken")
    with pytest.raises(UserError, match="all images of val are broken"):
        read_coco(root, "val", CocoDataset.model_validate(checked.model_dump()))


def test_splits_with_different_categories(root):
    edit(root, "val", lambda content: content["categories"][0].update(name="kitten"))
    with pytest.raises(
        UserError, match=r"train and val have different categories, e\.g\. '3 cat' is in train only"
    ):
        describe_coco(root, "pets")
