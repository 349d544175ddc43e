"""Digit scenes: boxes that fit, sizes that COCO tells apart, the same bytes from the same seed."""

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from pycocotools.coco import COCO

from dcanet.cli import main
from dcanet.data import scene_drawing
from dcanet.data.coco import read_coco
from dcanet.data.coco_dataset import CocoDataset
from dcanet.data.digits import write_digits
from dcanet.data.handwriting import mnist
from dcanet.data.scene_drawing import COUNTS, INK, OVERLAP, SMALLEST, draw_scene, scaled
from dcanet.data.scenes import write_scenes
from dcanet.errors import UserError
from dcanet.files import sha256


@pytest.fixture(scope="module")
def scenes(tmp_path_factory):
    folder = tmp_path_factory.mktemp("data") / "scenes"
    write_scenes(folder, images_train=60, images_val=20, image_size=128, seed=0)
    return folder


def hashes(folder):
    return {str(path.relative_to(folder)): sha256(path) for path in folder.rglob("*") if path.is_file()}


def test_files_and_manifest(scenes):
    dataset = CocoDataset.load(scenes / "dataset.json")
    assert (dataset.splits["train"].images, dataset.splits["val"].images) == (60, 20)
    assert [kind.name for kind in dataset.categories] == [str(digit) for digit in range(10)]
    assert dataset.name == "digit scenes 128px seed 0"
    for name in ("train", "val"):
        split = read_coco(scenes, name)
        assert split.fingerprint == dataset.splits[name].fingerprint
        assert not split.dropped
        with Image.open(split.images[0].path) as image:
            assert (image.format, image.mode, image.size) == ("PNG", "RGB", (128, 128))


def test_sizes_and_counts(scenes):
    split = read_coco(scenes, "train")
    assert {len(image.boxes) for image in split.images} <= set(range(COUNTS[0], COUNTS[1] + 1))
    facts = CocoDataset.load(scenes / "dataset.json").splits["train"]
    assert facts.small > facts.boxes / 4
    assert facts.medium > facts.boxes / 4
    assert all(facts.per_category.values())
    corners = split.images.boxes.corners
    sides = corners[:, 2:] - corners[:, :2]
    assert (corners >= 0).all()
    assert (corners <= 128).all()
    assert sides.max(axis=1).min() >= SMALLEST - 2
    assert sides.max() > 80


def test_large_objects_where_there_is_room(tmp_path):
    dataset = write_scenes(tmp_path / "scenes", 40, 1, image_size=160)
    assert dataset.splits["train"].large > 0


def test_pycocotools_reads_them(scenes, capsys):
    peer = COCO(str(scenes / "annotations" / "instances_val2017.json"))
    capsys.readouterr()
    assert len(peer.getImgIds()) == 20
    assert peer.loadCats([1])[0]["name"] == "0"
    assert all(row["area"] == row["bbox"][2] * row["bbox"][3] for row in peer.loadAnns(peer.getAnnIds()))


@settings(max_examples=40)
@given(seed=st.integers(0, 2**32), size=st.sampled_from([64, 96, 128, 256, 416]))
def test_boxes_are_tight_around_the_ink(seed, size):
    """On black, what is drawn is the strokes themselves."""
    random = np.random.Generator(np.random.PCG64(seed))
    black = np.zeros((size, size, 3), dtype=np.uint8)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(scene_drawing, "random_crop", lambda size, random: black)
        pixels, drawn = draw_scene(size, np.arange(5000), random)
    assert COUNTS[0] <= len(drawn) <= COUNTS[1]
    ink = pixels[:, :, 0] >= INK
    outside = np.ones((size, size), dtype=bool)
    for box in drawn:
        rows, columns = slice(box.top, box.top + box.height), slice(box.left, box.left + box.width)
        assert 0 <= box.top < box.top + box.height <= size
        assert 0 <= box.left < box.left + box.width <= size
        outside[rows, columns] = False
        others = [other for other in drawn if other != box]
        if all(box.covers(other) == 0 for other in others):
            inside = ink[rows, columns]
            for edge in (inside[0], inside[-1], inside[:, 0], inside[:, -1]):
                assert edge.any()
        assert all(box.covers(other) <= OVERLAP for other in others)
    assert not pixels[outside].any()
    assert not black.any()


@given(digit=st.integers(0, 4999), side=st.integers(SMALLEST, 400))
def test_scaled_digits_keep_their_shape(digit, side):
    original, stroke = scaled(mnist()[0][digit], 20), scaled(mnist()[0][digit], side)
    assert abs(max(stroke.shape) - side) <= 2 + side / 14
    shares = [shape[1] / shape[0] for shape in (original.shape, stroke.shape)]
    assert abs(shares[0] - shares[1]) < 0.2 + 0.1 * max(shares)


def test_the_same_arguments_give_the_same_bytes(scenes, tmp_path):
    write_scenes(tmp_path / "again", images_train=60, images_val=20, image_size=128, seed=0)
    assert hashes(tmp_path / "again") == hashes(scenes)


def test_more_scenes_begin_with_the_same(scenes, tmp_path):
    write_scenes(tmp_path / "more", images_train=65, images_val=10, image_size=128, seed=0)
    before, more = hashes(scenes), hashes(tmp_path / "more")
    common = [name for name in before.keys() & more.keys() if name.endswith(".png")]
    assert len(common) == 70
    assert all(before[name] == more[name] for name in common)


def test_another_seed_gives_other_scenes(scenes, tmp_path):
    write_scenes(tmp_path / "other", images_train=1, images_val=1, image_size=128, seed=1)
    name = "train2017/000000000001.png"
    assert hashes(tmp_path / "other")[name] != hashes(scenes)[name]


def test_val_shows_the_digits_that_are_val_of_the_classification_data(tmp_path, monkeypatch):
    """So a backbone that learned the one has not seen the other."""
    pools = []

    def note(size, pool, random):
        pools.append(set(pool.tolist()))
        return draw_scene(size, pool, random)

    monkeypatch.setattr("dcanet.data.scenes.draw_scene", note)
    write_scenes(tmp_path / "scenes", 1, 1, 64, seed=3)
    write_digits(tmp_path / "digits", 32, seed=3)
    for split, pool in zip(("train", "val"), pools, strict=True):
        assert pool == {int(path.stem) for path in (tmp_path / "digits" / split).glob("*/*.png")}


def test_command(tmp_path, capsys):
    sizes = ["--images-train", "3", "--images-val", "2", "--image-size", "96", "--seed", "4"]
    assert main(["data", "scenes", "--out", str(tmp_path / "scenes"), *sizes]) == 0
    out = capsys.readouterr().out
    assert out.startswith("digit scenes 96px seed 4: 10 categories, 3 train and 2 val images, ")
    assert main(["data", "check", str(tmp_path / "scenes"), "--workers", "1"]) == 0
    assert capsys.readouterr().out.splitlines()[-1] == "5 images checked"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((5, 5, 100), "image size 100: scenes are 64 to 416 pixels wide, a multiple of 32"),
        ((5, 5, 32), "image size 32: "),
        ((5, 5, 448), "image size 448: "),
        ((0, 5, 128), "0 images of train: give 1 to 999,999"),
        ((5, 1_000_000, 128), "1,000,000 images of val: give "),
    ],
)
def test_what_cannot_be_made(tmp_path, arguments, message):
    with pytest.raises(UserError) as caught:
        write_scenes(tmp_path / "scenes", *arguments)
    assert str(caught.value).startswith(message)
    assert not list(tmp_path.iterdir())


def test_a_real_data_set_is_never_replaced(tmp_path, scenes):
    """COCO's own folder has the same entries."""
    root = tmp_path / "coco"
    for name in ("train2017", "val2017", "annotations"):
        (root / name).mkdir(parents=True)
    for manifest in (None, "[]", "{", json.dumps({"name": "coco"})):
        if manifest:
            (root / "dataset.json").write_text(manifest)
        with pytest.raises(UserError, match=r"coco: holds other files too; name an empty or new folder"):
            write_scenes(root, 1, 1)
    assert (root / "train2017").is_dir()
    (root / "file").write_text("")
    with pytest.raises(UserError, match="holds other files too"):
        write_scenes(root / "file", 1, 1)


def test_an_older_version_is_replaced(tmp_path):
    write_scenes(tmp_path, 2, 1, 64)
    write_scenes(tmp_path, 1, 1, 64)
    assert len(list((tmp_path / "train2017").iterdir())) == 1
