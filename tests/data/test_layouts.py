"""Every layout lists and reads the same images, from several processes and threads."""

import multiprocessing
import os
import pickle
import shutil
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor

import layouts
import numpy as np
import pytest
from PIL import Image

from dcanet.data.describe import fingerprint
from dcanet.data.imagenet import wnids
from dcanet.data.locate import NoSuchSplit, list_split, present_splits
from dcanet.data.split import Split
from dcanet.errors import UserError

CLASSES = ("n01440764", "n02102040", "n15075141")


@pytest.fixture(scope="module")
def source(tmp_path_factory):
    """An image folder whose val names are not in the order of its classes, as ImageNet's."""
    root = tmp_path_factory.mktemp("imagenet") / "folder"
    random = np.random.default_rng(0)
    number = 0
    for split in ("train", "val"):
        for index in range(5):
            for wnid in CLASSES:
                number += 1
                file = f"{wnid}_{index}.JPEG" if split == "train" else f"ILSVRC2012_val_{number:08d}.JPEG"
                (root / split / wnid).mkdir(parents=True, exist_ok=True)
                size = (int(random.integers(8, 40)), 16, 3)
                pixels = random.integers(0, 256, size, dtype=np.uint8)
                Image.fromarray(pixels).save(root / split / wnid / file, "JPEG")
    return root


def val_flat_kit(source, root):
    layouts.devkit(root, layouts.flat(source / "val", root / "val"))


def val_flat_packed_kit(source, root):
    layouts.devkit(root, layouts.flat(source / "val", root / "ILSVRC2012_img_val"), packed=True)


def val_flat_kaggle(source, root):
    """Kaggle's tree, with the solution beside it."""
    images = root / "ILSVRC" / "Data" / "CLS-LOC"
    layouts.flat(source / "val", images / "val")
    shutil.copytree(source / "train", images / "train")
    layouts.kaggle_csv(source / "val", root / "LOC_val_solution.csv")


def val_flat_other_csv(source, root):
    layouts.flat(source / "val", root / "val")
    rows = [f"1,{path.name},{wnids().index(label)}" for label, path in layouts.images_of(source / "val")]
    (root / "labels.csv").write_text("\n".join(["Number,Filename,Label", *rows]))
    (root / "train.csv").write_text("image,class\nx,y\n")


def original_archives(source, root):
    layouts.train_tar(source / "train", root / "ILSVRC2012_img_train.tar")
    layouts.devkit(root, layouts.flat_tar(source / "val", root / "ILSVRC2012_img_val.tar"), packed=True)


def shards_in_the_root(source, root):
    layouts.shards(source / "train", f"{root}/imagenet-train-{{:06d}}.tar")
    numbers = {wnid: wnids().index(wnid) for wnid in CLASSES}
    layouts.shards(source / "val", f"{root}/imagenet-validation-{{:02d}}.tar", label="json", indices=numbers)


def shards_in_folders(source, root):
    numbers = {wnid: wnids().index(wnid) for wnid in CLASSES}
    layouts.shards(source / "train", f"{root}/train/{{:06d}}.tar", indices=numbers)
    layouts.shards(source / "val", f"{root}/val/{{:06d}}.tar")


LAYOUTS = [
    val_flat_kit,
    val_flat_packed_kit,
    val_flat_kaggle,
    val_flat_other_csv,
    original_archives,
    shards_in_the_root,
    shards_in_folders,
]


def read_all(split: Split) -> list[bytes]:
    return [split.read(index) for index in range(len(split.images))]


@pytest.mark.parametrize("layout", LAYOUTS, ids=lambda layout: layout.__name__)
def test_every_layout_is_the_folder(source, tmp_path, layout):
    layout(source, tmp_path)
    splits = present_splits(tmp_path)
    assert [split.name for split in splits][-1] == "val"
    for split in splits:
        folder = list_split(source, split.name)
        assert (split.classes, split.images, split.targets) == (folder.classes, folder.images, folder.targets)
        assert split.sizes == folder.sizes == [len(data) for data in read_all(folder)]
        assert read_all(split) == read_all(folder)
        assert fingerprint(split) == fingerprint(folder)
        for index, image in enumerate(split.images):
            assert split.where(index).endswith(image.split("/")[1])


def test_layouts_are_told_apart_in_words(source, tmp_path):
    found = {}
    for layout in (val_flat_kit, original_archives, shards_in_folders):
        (tmp_path / layout.__name__).mkdir()
        layout(source, tmp_path / layout.__name__)
        found[layout.__name__] = list_split(tmp_path / layout.__name__, "val").layout
    assert list(found.values()) == ["flat images with ground truth", "tar archives", "tar shards"]
    assert list_split(source, "val").layout == "image folder"


def test_kaggles_tree_may_be_named_at_any_height(source, tmp_path):
    val_flat_kaggle(source, tmp_path)
    for place in (".", "ILSVRC", "ILSVRC/Data/CLS-LOC"):
        assert list_split(tmp_path / place, "val") == list_split(tmp_path, "val")


def _read(split: Split, index: int) -> tuple[int, bytes]:
    return os.getpid(), split.read(index)


@pytest.mark.parametrize("layout", [original_archives, shards_in_folders, None])
@pytest.mark.parametrize("method", ["fork", "spawn"])
def test_reads_in_other_processes(source, tmp_path, layout, method):
    """A split with open archives is inherited and pickled."""
    if layout:
        layout(source, tmp_path)
    split = list_split(tmp_path if layout else source, "train")
    expected = read_all(split)
    with ProcessPoolExecutor(2, mp_context=multiprocessing.get_context(method)) as pool:
        found = list(pool.map(_read, [split] * len(expected), range(len(expected))))
    assert [data for _, data in found] == expected
    assert os.getpid() not in {process for process, _ in found}


def test_reads_in_many_threads_with_few_open_archives(source, tmp_path, monkeypatch):
    monkeypatch.setattr("dcanet.data.storage.OPEN_ARCHIVES", 2)
    layouts.shards(source / "train", f"{tmp_path}/train-{{}}.tar", count=7)
    split = pickle.loads(pickle.dumps(list_split(tmp_path, "train")))
    expected = read_all(list_split(source, "train"))
    order = np.random.default_rng(0).integers(0, len(expected), 2000).tolist()
    before = len(os.listdir("/proc/self/fd"))
    with ThreadPoolExecutor(3) as pool:
        assert list(pool.map(split.read, order)) == [expected[index] for index in order]
    assert len(os.listdir("/proc/self/fd")) <= before + 2 + 3  # each thread may have one more


def test_without_drops_images_and_keeps_classes(source, tmp_path):
    original_archives(source, tmp_path)
    split = list_split(tmp_path, "train")
    gone = set(split.images[:5])  # the whole first class
    left = split.without(gone)
    assert left.classes == split.classes
    assert left.images == split.images[5:]
    assert (left.targets[0], left.sizes) == (1, split.sizes[5:])
    assert read_all(left) == read_all(split)[5:]
    assert split.without({"no/such.JPEG"}) is split


def test_images_may_be_labelled_by_folders_inside_a_shard(source, tmp_path):
    import tarfile

    with tarfile.open(tmp_path / "everything-train.tar", "w") as archive:
        archive.add(source / "train", "data/train")
        layouts.add(archive, f"data/train/{CLASSES[0]}/._macos.JPEG", b"resource fork")
    assert list_split(tmp_path, "train").images == list_split(source, "train").images


def test_class_numbers_of_other_data_sets_come_from_a_list(source, tmp_path):
    numbers = {wnid: index for index, wnid in enumerate(CLASSES)}
    layouts.shards(source / "train", f"{tmp_path}/train-{{}}.tar", indices=numbers)
    (tmp_path / "classes.txt").write_text("cat\ndog\nnewt\n")
    assert list_split(tmp_path, "train").classes == ["cat", "dog", "newt"]


class TestTestSets:
    """ImageNetV2 and Sketch come alone, with or without a folder around them."""

    @pytest.fixture
    def v2(self, source, tmp_path):
        folder = tmp_path / "imagenetv2-matched-frequency-format-val"
        for wnid in CLASSES:
            shutil.copytree(source / "val" / wnid, folder / str(wnids().index(wnid)))
        return folder

    def test_numbered_folders_are_wnids(self, source, v2):
        split = list_split(v2, "test")
        assert (split.name, split.classes) == ("test", list(CLASSES))
        assert split.images == list_split(source, "val").images
        assert read_all(split) == read_all(list_split(source, "val"))
        assert list_split(v2.parent, "test") == split
        assert present_splits(v2) == [split]

    def test_two_versions_are_ambiguous(self, v2):
        shutil.copytree(v2, v2.parent / "imagenetv2-top-images-format-val")
        with pytest.raises(UserError, match="name one of the two folders"):
            list_split(v2.parent, "test")

    def test_as_an_archive(self, source, v2):
        import tarfile

        place = v2.parent / "archives"
        place.mkdir()
        with tarfile.open(place / "imagenetv2-test.tar", "w") as archive:
            archive.add(v2, v2.name)
        assert list_split(place, "test").images == list_split(source, "val").images

    def test_wnid_folders(self, source):
        """As Sketch's."""
        assert list_split(source / "val", "test").images == list_split(source, "val").images

    def test_val_of_a_folder(self, source):
        assert list_split(source, "test").images == list_split(source, "val").images

    def test_numbers_beside_a_training_set_are_its_own(self, image_folder):
        root = image_folder(("0", "7"))
        (root / "val").rename(root / "test")
        assert list_split(root, "test").classes == ["0", "7"]


def test_only_val(source, tmp_path):
    shutil.copytree(source / "val", tmp_path / "val")
    assert [split.name for split in present_splits(tmp_path)] == ["val"]
    with pytest.raises(NoSuchSplit, match="the data set needs train/<class>/<image>"):
        list_split(tmp_path, "train")
