"""Folders of images, and what is said of broken ones."""

import pytest
from PIL import Image
from torch.utils.data import DataLoader

from dcanet.data.folder import Images, describe, list_split, read_rgb
from dcanet.data.preprocessing import evaluation_transform, training_transform
from dcanet.data.settings import Augmentation, Preprocessing
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
    assert before.train_fingerprint == after.train_fingerprint
    assert before.val_fingerprint != after.val_fingerprint


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


@pytest.mark.parametrize("content", [b"", b"no image at all", b"\x89PNG\r\n\x1a\n" + b"\0" * 30])
def test_corrupt_image_is_named(root, content):
    file = root / "train" / "cat" / "1.png"
    file.write_bytes(content)
    with pytest.raises(UserError, match=r"cat/1\.png: not a readable image .*; replace or remove it"):
        read_rgb(file)


def test_truncated_image_is_named(root):
    file = root / "train" / "cat" / "1.png"
    file.write_bytes(file.read_bytes()[:-40])
    with pytest.raises(UserError, match=r"cat/1\.png: not a readable image"):
        read_rgb(file)


def test_error_of_a_loader_process_is_one_line(root):
    (root / "train" / "cat" / "1.png").write_bytes(b"broken")
    images = Images(list_split(root, "train"), evaluation_transform(Preprocessing(resize=8, crop=8)))
    with pytest.raises(UserError) as caught:
        list(DataLoader(images, 2, num_workers=1))
    assert caught.value.line().startswith(str(root / "train" / "cat" / "1.png"))


def test_grey_and_transparent_images_become_rgb(tmp_path):
    for mode in ("L", "RGBA", "P", "CMYK"):
        file = tmp_path / f"{mode}.{'jpg' if mode == 'CMYK' else 'png'}"
        Image.new(mode, (4, 4)).save(file)
        assert read_rgb(file).mode == "RGB"


def test_preprocessing_sizes_and_id():
    image = Image.new("RGB", (500, 375))
    settings = Preprocessing()
    assert settings.id == "pil-resize256-crop224"
    assert evaluation_transform(settings)(image).shape == (3, 224, 224)
    assert training_transform(Augmentation(size=96))(image).shape == (3, 96, 96)


def test_evaluation_preprocessing_is_torchvisions():
    """The reference pipeline, bit for bit."""
    import numpy as np
    import torch
    from torchvision.transforms._presets import ImageClassification

    random = np.random.default_rng(0)
    image = Image.fromarray(random.integers(0, 256, (375, 500, 3), dtype=np.uint8))
    assert torch.equal(
        evaluation_transform(Preprocessing())(image),
        ImageClassification(crop_size=224, resize_size=256)(image),
    )
