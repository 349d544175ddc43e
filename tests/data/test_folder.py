"""Folders of images, one folder per class."""

import shutil

import pytest
from PIL import Image

from dcanet.data.check import check
from dcanet.data.describe import describe, list_splits
from dcanet.data.locate import NoSuchSplit, list_split, present_splits
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


class TestFoldersOfOnesOwn:
    """Any spelling, formats side by side, and folders inside classes."""

    def test_names_and_formats(self, tmp_path):
        names = ["two words.JPG", "größe.png", "a b/c d.webp", "deep/er/x.bmp", "p.ppm", "v1.2.jpeg"]
        for split in ("train", "val"):
            for label in ("red panda", "Wau-Wau (hund)"):
                for number, name in enumerate(names):
                    path = tmp_path / split / label / name
                    path.parent.mkdir(parents=True, exist_ok=True)
                    Image.new("RGB", (9 + number, 8), (20 * number, 0, 0)).save(path)
                (tmp_path / split / label / "Thumbs.db").touch()
                (tmp_path / split / label / "deep" / "notes.txt").touch()
        found = check(tmp_path, workers=1)
        assert found.bad_images == 0
        assert not found.dataset.splits["train"].notes
        train = list_split(tmp_path, "train")
        assert train.classes == ["Wau-Wau (hund)", "red panda"]
        assert train.images == sorted(f"{label}/{name}" for label in train.classes for name in names)
        assert train.read(0) == (tmp_path / "train" / train.images[0]).read_bytes()

    @pytest.mark.parametrize(
        ("train", "val"), [("training", "validation"), ("train", "valid"), ("train", "dev")]
    )
    def test_spellings(self, image_folder, train, val):
        root = image_folder()
        (root / "train").rename(root / "renamed")
        (root / "renamed").rename(root / train)
        (root / "val").rename(root / val)
        assert [split.name for split in present_splits(root)] == ["train", "val"]
        assert list_split(root, "test").images == list_split(root, "val").images
        (root / "val").mkdir()
        assert list_split(root, "val").where(0).startswith(f"{root}/{val}/")

    def test_test_images_stand_in_beside_training_ones(self, image_folder):
        root = image_folder()
        (root / "val").rename(root / "test")
        assert [split.name for split in present_splits(root)] == ["train", "val"]
        assert list_split(root, "val").where(0).startswith(f"{root}/test/")
        (root / "train").rename(root / "elsewhere")
        assert [split.name for split in present_splits(root)] == ["test"]

    def test_unlabelled_test_images_do_not(self, image_folder):
        """As Kaggle's ImageNet has them."""
        root = image_folder()
        shutil.rmtree(root / "val")
        (root / "test").mkdir()
        Image.new("RGB", (8, 8)).save(root / "test" / "1.png")
        with pytest.raises(NoSuchSplit, match="val: no such folder"):
            list_split(root, "val")

    def test_a_link_in_a_circle(self, image_folder):
        root = image_folder()
        (root / "train" / "a" / "again").symlink_to(root / "train" / "a")
        with pytest.raises(
            UserError, match="a/again: is a link to a folder that it lies in; remove the link"
        ):
            list_split(root, "train")

    def test_one_class_is_none(self, image_folder):
        with pytest.raises(UserError, match="train has one class, 'images', where a classifier needs two"):
            list_splits(image_folder(("images",)), ("train", "val"))
