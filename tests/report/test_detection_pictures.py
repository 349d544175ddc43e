"""Pictures of two detectors' boxes: which images are shown, and what is to be seen."""

import base64
import io

import numpy as np
import pytest
from PIL import Image

from dcanet.data.coco_split import Category, CocoImage
from dcanet.errors import UserError
from dcanet.evaluation.detections import Detections
from dcanet.report.box_drawing import COLOURS, SIDE, Drawn, colours_of, draw_boxes
from dcanet.report.detection_pictures import MOST, detection_pictures, iou

CATEGORIES = [Category(3, "cat"), Category(17, "dog")]
GREY = (128, 128, 128)


@pytest.fixture
def images(tmp_path):
    """Six grey images 100 x 60 with a cat on the left and, in the odd ones, a dog on the right."""

    def image(number):
        path = tmp_path / f"{number}.png"
        Image.new("RGB", (100, 60), GREY).save(path)
        boxes, labels = [[10.0, 20.0, 40.0, 50.0], [60.0, 20.0, 90.0, 50.0]], [1, 2]
        some = slice(1 + number % 2)
        return CocoImage(
            number, path, 100, 60, np.array(boxes[some]), np.array(labels[some]), np.zeros((0, 4))
        )

    return [image(number) for number in range(6)]


def found(rows):
    """Of rows (image, category id, box, score)."""
    return Detections.of(range(6), *(zip(*rows, strict=True) if rows else ((), (), (), ())))


def opened(uri):
    head, _, body = uri.partition(",")
    assert head == "data:image/jpeg;base64"
    return Image.open(io.BytesIO(base64.b64decode(body))).convert("RGB")


CAT, DOG = (10, 20, 30, 30), (60, 20, 30, 30)


def test_images_that_differ_and_are_rich_come_first(images):
    baseline = found([(1, 3, CAT, 0.9), (2, 3, CAT, 0.9), (3, 3, CAT, 0.9)])
    connected = found([(1, 3, CAT, 0.8), (2, 3, DOG, 0.9), (3, 17, CAT, 0.9), (5, 17, DOG, 0.2)])
    chosen = detection_pictures(images, CATEGORIES, baseline, connected, number=6)
    # 3: two boxes differ and two categories; 2: two and one; then by categories, then by id.
    assert [picture.image_id for picture in chosen] == [3, 2, 1, 5, 0, 4]
    assert detection_pictures(images, CATEGORIES, baseline, connected, number=6) == chosen
    assert len(detection_pictures(images, CATEGORIES, baseline, connected, number=2)) == 2


def test_crowded_images_come_last(images):
    many = found([(4, 3, CAT, 0.5 + index / 100) for index in range(MOST + 1)])
    chosen = detection_pictures(images, CATEGORIES, many, found([]), number=6)
    assert chosen[-1].image_id == 4


def test_what_is_seen(images):
    baseline = found([(1, 3, CAT, 0.9), (1, 17, DOG, 0.29)])
    connected = found([(1, 3, CAT, 0.91), (1, 17, DOG, 0.75)])
    (picture,) = detection_pictures(images, CATEGORIES, baseline, connected, number=1)
    # Enlarged from 100 x 60, so that texts leave something to be seen.
    assert (picture.width, picture.height) == (320, 192)
    assert picture.baseline_text == "cat 0.90"
    assert picture.connected_text == "cat 0.91, dog 0.75"
    assert picture.annotated_text == "cat, dog"
    left, right = np.asarray(opened(picture.baseline), int), np.asarray(opened(picture.connected), int)
    assert left.shape == right.shape == (192, 320, 3)
    # The dog's line is in the second alone, between its corners and below every text.
    inside = (slice(128, 154), slice(272, 304))
    assert np.abs(right[inside] - left[inside]).max() > 60
    assert np.abs(right[96:160, 48:112] - left[96:160, 48:112]).mean() < 10


def test_small_pictures_of_large_images(images):
    large = Image.fromarray(np.random.default_rng(0).integers(0, 256, (900, 1200, 3), np.uint8))
    large.save(images[0].path)
    (picture,) = detection_pictures(images[:1], CATEGORIES, found([]), found([]))
    assert (picture.width, picture.height) == (SIDE, SIDE * 3 // 4)
    assert picture.baseline_text == "nothing"


def test_a_missing_file(images):
    images[0].path.unlink()
    with pytest.raises(UserError, match=r"0\.png: cannot be read"):
        detection_pictures(images[:1], CATEGORIES, found([]), found([]))


@pytest.mark.parametrize(
    "box",
    [
        (-50.0, -50.0, 500.0, 500.0),
        (99.9, 59.9, 150.0, 150.0),
        (-9.0, -9.0, -2.0, -2.0),
        (5.0, 5.0, 5.0, 5.0),
    ],
    ids=["all around", "corner", "outside", "empty"],
)
def test_boxes_beyond_the_image(box):
    image = Image.new("RGB", (100, 60), GREY)
    drawn = draw_boxes(image, [box], [Drawn(box, "a very long name of a category 0.50", COLOURS[0])])
    assert drawn.size == (320, 192)
    assert np.asarray(image).std() == 0


def test_texts_do_not_cover_one_another():
    image = Image.new("RGB", (400, 300), GREY)
    box = (100.0, 100.0, 300.0, 200.0)
    one = draw_boxes(image, [], [Drawn(box, "person 0.90", COLOURS[0])])
    both = draw_boxes(
        image, [], [Drawn(box, "person 0.90", COLOURS[0]), Drawn(box, "bottle 0.80", COLOURS[0])]
    )
    changed = np.abs(np.asarray(one, int) - np.asarray(both, int)).sum(axis=2) > 0
    ground = (np.asarray(one) == (0xE6, 0x9F, 0x00)).all(axis=2)
    rows = np.flatnonzero(ground.sum(axis=1) > 20)
    # The first text is where it was, above the box.
    assert not changed[rows[0] : 97].any()
    assert changed.any()


def test_colours():
    colours = colours_of(["a", "b", "a", *"cdefgh"])
    assert len(colours) == 8
    assert colours["a"] == colours["h"] == COLOURS[0]
    assert len(set(colours.values())) == len(COLOURS) == 7


def test_iou():
    boxes = np.array([[0, 0, 10, 10], [5, 0, 10, 10], [3, 3, 0, 0]], float)
    assert iou(boxes, boxes).round(6).tolist() == [[1, 0.333333, 0], [0.333333, 1, 0], [0, 0, 0]]
    assert iou(boxes, boxes[:0]).shape == (3, 0)
