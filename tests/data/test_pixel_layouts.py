"""CIFAR and idx files list and read the images that were put into them."""

import pickle
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import numpy as np
import pixel_sets
import pytest

from dcanet.data.check import check
from dcanet.data.decoding import decode_pixels, decode_rgb
from dcanet.data.describe import fingerprint, list_splits
from dcanet.data.idx import FASHION_MNIST
from dcanet.data.locate import list_split, present_splits

DEBIAN = Path("/usr/share/datasets/fashion-mnist")


def assert_holds(split, pixels, labels, names):
    """A split has these pixels (N, H, W[, 3]) under these labels, called by their places."""
    called = [f"{names[label]}/{place:05d}.ppm" for place, label in enumerate(labels)]
    assert split.images == sorted(called)
    assert split.classes == sorted({names[label] for label in labels})
    for index, image in enumerate(split.images):
        place = called.index(image)
        assert split.classes[split.targets[index]] == names[labels[place]]
        data, where = split.read(index), split.where(index)
        assert where.endswith(f"image {place}")
        assert split.sizes[index] == len(data)
        found = decode_pixels(data, where)
        expected = pixels[place] if pixels.ndim == 4 else pixels[place][:, :, None].repeat(3, axis=2)
        np.testing.assert_array_equal(found, expected)
        np.testing.assert_array_equal(np.asarray(decode_rgb(data, where)), expected)


@pytest.fixture(params=pixel_sets.CIFAR)
def cifar(request, tmp_path):
    """A version's folder, called as its authors call it."""
    return pixel_sets.CIFAR[request.param](tmp_path / "data" / request.param)


@pytest.mark.parametrize("named", ["itself", "above", "archive"])
def test_every_version_of_cifar(cifar, named, tmp_path):
    root = {"itself": cifar, "above": cifar.parent, "archive": tmp_path}[named]
    if named == "archive":
        pixel_sets.packed(cifar, tmp_path)
    hundred = "100" in cifar.name
    names = pixel_sets.CIFAR100 if hundred else pixel_sets.CIFAR10
    for name, (pixels, labels) in (("train", pixel_sets.TRAIN), ("val", pixel_sets.TEST)):
        split = list_split(root, name)
        assert_holds(split, pixels.transpose(0, 2, 3, 1), labels * (10 if hundred else 1), names)
        form = "binary" if "bin" in cifar.name else "Python"
        assert split.layout == f"CIFAR-{100 if hundred else 10}, {form} version"
    assert list_split(root, "test").images == list_split(root, "val").images
    assert [split.name for split in present_splits(root)] == ["train", "val"]


def test_the_versions_are_the_same_data_set(tmp_path):
    binary = pixel_sets.cifar10_binary(tmp_path / "bin")
    splits = [list_split(binary, "train")]
    splits += [
        list_split(pixel_sets.cifar10_python(tmp_path / f"py{python}", python), "train") for python in (2, 3)
    ]
    assert len({fingerprint(split) for split in splits}) == 1
    assert len({tuple(split.read(3) for split in [one]) for one in splits}) == 1
    path = binary / "data_batch_3.bin"
    path.write_bytes(path.read_bytes()[:-1] + b"\x00")
    assert fingerprint(list_split(binary, "train")) != fingerprint(splits[0])


def test_binary_comes_before_python_and_folders_before_archives(tmp_path):
    pixel_sets.packed(pixel_sets.cifar10_binary(tmp_path / "other" / "cifar-10-batches-bin"), tmp_path)
    assert list_split(tmp_path, "val").where(0).startswith(f"{tmp_path}/cifar-10-binary.tar.gz: ")
    pixel_sets.cifar10_python(tmp_path / "cifar-10-batches-py")
    assert list_split(tmp_path, "val").layout == "CIFAR-10, Python version"
    pixel_sets.cifar10_binary(tmp_path / "cifar-10-batches-bin")
    assert list_split(tmp_path, "val").layout == "CIFAR-10, binary version"


@pytest.mark.parametrize("inside", [".", "raw"])
@pytest.mark.parametrize(("zipped", "dot"), [(True, "-"), (False, "-"), (False, ".")])
def test_idx_files(tmp_path, inside, zipped, dot):
    pixel_sets.write_idx(tmp_path / inside, zipped, dot)
    for name, (pixels, labels) in (("train", pixel_sets.TRAIN), ("val", pixel_sets.TEST)):
        split = list_split(tmp_path, name)
        assert_holds(split, pixels[:, 0, :28, :28], labels, [str(number) for number in range(10)])
        assert split.layout == "idx files"


def test_a_list_names_the_classes_of_idx_files(tmp_path):
    pixel_sets.write_idx(tmp_path, classes=3)
    (tmp_path / "classes.txt").write_text("up\ndown/left\nright\n")
    assert list_split(tmp_path, "train").classes == ["down-left", "right", "up"]


@pytest.mark.skipif(not DEBIAN.is_dir(), reason="needs Debian's package dataset-fashion-mnist")
def test_fashion_mnist_as_debian_ships_it():
    train, val = list_splits(DEBIAN, ("train", "val"))
    assert (len(train.images), len(val.images)) == (60_000, 10_000)
    assert train.classes == sorted(name.replace("/", "-") for name in FASHION_MNIST)
    assert np.bincount(train.targets).tolist() == [6000] * 10
    # Its first training image is an ankle boot.
    assert "Ankle boot/00000.ppm" in train.images


def _read(split, index):
    return split.read(index)


@pytest.mark.parametrize("method", ["fork", "spawn"])
def test_reads_in_other_processes(tmp_path, method):
    split = list_split(pixel_sets.write_idx(tmp_path), "val")
    with ProcessPoolExecutor(1, mp_context=get_context(method)) as pool:
        assert list(pool.map(_read, [split] * 3, range(3))) == [split.read(index) for index in range(3)]


def test_without_leaves_the_others_as_they_are(tmp_path):
    split = list_split(pixel_sets.write_idx(tmp_path), "val")
    left = pickle.loads(pickle.dumps(split.without(split.images[2:4])))
    assert left.images == split.images[:2] + split.images[4:]
    assert [left.read(index) for index in range(2, 5)] == [split.read(index) for index in range(4, 7)]
    assert left.where(2) == split.where(4)


def test_a_check_finds_doubles_and_says_that_they_are_grey(tmp_path):
    pixel_sets.write_idx(tmp_path, zipped=False)
    path = tmp_path / "t10k-images-idx3-ubyte"
    header, pixels = path.read_bytes()[:16], path.read_bytes()[16:]
    path.write_bytes(header + pixels[:784] + pixels[:784] + pixels[1568:])
    found = check(tmp_path, workers=1)
    assert found.bad_images == 0
    assert len(found.dataset.duplicates) == 1
    assert len(found.dataset.splits["val"].notes["greyscale"]) == 20
