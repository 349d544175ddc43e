"""Real ImageNet val images: the same ids and bytes, however they are stored."""

import tarfile
from pathlib import Path

import layouts
import pytest

from dcanet.data.describe import fingerprint
from dcanet.data.imagenet import class_order_hash, wnids
from dcanet.data.locate import list_split

DATA = Path(__file__).parents[2].parent / "shared" / "data" / "imagenet"

pytestmark = pytest.mark.skipif(not DATA.is_dir(), reason=f"{DATA} with the real images is not here")


@pytest.fixture(scope="module")
def source(tmp_path_factory):
    folder = tmp_path_factory.mktemp("real")
    with tarfile.open(DATA / "imagenette_small.tar") as archive:
        archive.extractall(folder, filter="data")
    return folder / "imagenette_small"


def test_val_in_four_layouts(source, tmp_path):
    (tmp_path / "archive").mkdir()
    layouts.devkit(tmp_path / "flat", layouts.flat(source / "val", tmp_path / "flat" / "val"))
    labels = layouts.flat_tar(source / "val", tmp_path / "archive" / "ILSVRC2012_img_val.tar")
    layouts.devkit(tmp_path / "archive", labels, packed=True)
    layouts.shards(source / "val", f"{tmp_path}/shards/val-{{:06d}}.tar")

    folder = list_split(source, "val")
    assert len(folder.images) == 200
    for name in ("flat", "archive", "shards"):
        split = list_split(tmp_path / name, "val")
        assert (split.classes, split.images, split.targets) == (folder.classes, folder.images, folder.targets)
        assert fingerprint(split) == fingerprint(folder)
        assert all(split.read(index) == folder.read(index) for index in range(200))


def test_class_order():
    reference = (DATA / "wnids.txt").read_text().split()
    assert list(wnids()) == reference
    assert class_order_hash(reference) == class_order_hash(wnids())
