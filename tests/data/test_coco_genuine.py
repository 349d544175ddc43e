"""Real COCO images and annotations."""

import tarfile
from pathlib import Path

import numpy as np
import pytest
from pycocotools.coco import COCO

from dcanet.data.coco import read_coco
from dcanet.data.coco_check import check_coco
from dcanet.data.detection_loader import DetectionLoader, detection_evaluation_loader

DATA = Path(__file__).parents[2].parent / "shared" / "data" / "coco"

pytestmark = pytest.mark.skipif(not DATA.is_dir(), reason=f"{DATA} with the real images is not here")


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    folder = tmp_path_factory.mktemp("real")
    with tarfile.open(DATA / "coco_tiny.tar") as archive:
        archive.extractall(folder, filter="data")
    return folder


def test_check_finds_nothing_wrong(root):
    found = check_coco(root, 2)
    facts = found.dataset.splits
    assert [facts[name].images for name in ("train", "val")] == [80, 80]
    assert [facts[name].boxes + facts[name].crowds for name in ("train", "val")] == [705, 815]
    assert [facts[name].crowds for name in ("train", "val")] == [6, 11]
    assert not any(part.dropped or part.bad_images for part in facts.values())
    assert len(found.dataset.categories) == 80
    assert not found.dataset.duplicates
    assert not found.dataset.shared_ids


@pytest.mark.parametrize("name", ["train", "val"])
def test_content_is_what_pycocotools_reads(root, name, capsys):
    split = read_coco(root, name)
    peer = COCO(str(split.annotation_file))
    capsys.readouterr()
    assert split.category_ids == sorted(peer.getCatIds())
    assert [image.id for image in split.images] == sorted(peer.getImgIds())
    for image in split.images:
        rows = sorted(peer.imgToAnns[image.id], key=lambda row: row["id"])
        for crowd, boxes in ((0, image.boxes), (1, image.crowds)):
            theirs = np.array([row["bbox"] for row in rows if row["iscrowd"] == crowd]).reshape(-1, 4)
            theirs[:, 2:] += theirs[:, :2]
            assert np.array_equal(boxes, theirs)
        labels = [split.category_ids.index(row["category_id"]) + 1 for row in rows if not row["iscrowd"]]
        assert image.labels.tolist() == labels


def test_batches(root):
    """Every image fits its annotated size, or the loaders would refuse it."""
    train = read_coco(root, "train")
    loader = DetectionLoader(train, global_batch=4, micro_batch=2, seed=0, workers=0)
    for step in loader.epoch(0):
        shapes = [image.shape for images, _ in step for image in images]
        assert len({width > height for _, height, width in shapes}) == 1
    seen = [
        i
        for _, indices in detection_evaluation_loader(read_coco(root, "val"), 8, 0)
        for i in indices.tolist()
    ]
    assert sorted(seen) == list(range(80))
