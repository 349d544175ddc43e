"""Folders of images, one folder per class."""

import pytest
from PIL import Image

from dcanet.data.describe import describe
from dcanet.data.locate import list_split
from dcanet.errors import UserError


@pytest.fixture
def root(image_folder):
    return image_folder(classes=("cat", "dog"), per_class=3)


def test_classes_and_images_are_in_sorted_order(root):
    split = list_split(root, "train")
    assert split.classes == ["cat", "dog"]
    assert split.images == ["cat/0.png", "cat/1.png", "cat/2.png", "dog/0.png", "dog/1.png", "dog/2.png"]
    assert split.targets == [0, 0, 0, 1, 1, 1]


def test_fingerprint_notices_another_file(root):
    before = describe(root, "pets")
    Image.new("RGB", (9, 9)).save(root / "val" / "cat" / "9.png")
    after = describe(root, "pets")
    assert before.splits["train"].fingerprint == after.splits["train"].fingerprint
    assert before.splits["val"].fingerprint != after.splits["val"].fingerprint


def test_missing_folder(tmp_path):
    with pytest.raises(UserError, match=r"train: no such folder; the data set needs train/<class>/<image>"):
        list_split(tmp_path, "train")


def test_no_classes(tmp_path):
    (tmp_path / "train").mkdir()
    with pytest.raises(UserError, match="has no class folders"):
        list_split(tmp_path, "train")


def test_empty_class_folder(root):
    (root / "train" / "bird").mkdir()
    with pytest.raises(UserError, match=r"train/bird: class folder without images"):
        list_split(root, "train")


def test_splits_with_different_classes(root):
    for split in ("train", "val"):
        (root / split / "dog").rename(root / split / ("dog" if split == "train" else "wolf"))
    with pytest.raises(UserError, match=r"train and val have different classes, e\.g\. 'dog'"):
        describe(root, "pets")
