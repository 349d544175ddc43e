"""`dcanet data check` and `describe` on COCO data sets with everything wrong, by the command line."""

import json
import shutil

import pytest
from coco_folders import annotation, edit, write_annotations, write_coco
from PIL import Image

from dcanet.cli import main
from dcanet.data.coco import read_coco
from dcanet.data.coco_dataset import CocoDataset


@pytest.fixture
def good(tmp_path):
    return write_coco(tmp_path / "pets")


@pytest.fixture
def bad(good):
    """The same with broken images, boxes and ids, and an image in both splits."""
    train, val = good / "train2017", good / "val2017"
    (train / "000000000011.jpg").unlink()
    cut = train / "000000000012.jpg"
    cut.write_bytes(cut.read_bytes()[:-300])
    (train / "000000000013.jpg").write_bytes(b"<html>")
    Image.new("RGB", (30, 20)).save(val / "000000001001.jpg")
    Image.new("L", (48, 36)).save(val / "000000001002.jpg")
    shutil.copyfile(train / "000000000014.jpg", val / "000000001004.jpg")

    def boxes(content):
        content["images"][-1]["id"] = 14
        sizes = {key: content["images"][-1][key] for key in ("width", "height")}
        assert sizes == {"width": 64, "height": 40}
        for row in content["annotations"]:
            row["image_id"] = 1003 if row["image_id"] == 1004 else row["image_id"]
        content["annotations"] += [
            annotation(5000, 1002, (1, 1, 0, 5)),
            annotation(5001, 1002, (1, 1, 0.5, 5)),
            annotation(5002, 1002, (900, 1, 5, 5)),
            annotation(5003, 1002, (1, 1, 5, 5), crowd=1),
        ]

    edit(good, "val", boxes)
    return good


def run(capsys, *arguments):
    code = main(["data", *map(str, arguments)])
    captured = capsys.readouterr()
    return code, captured.out, captured.err


def test_a_sound_data_set(good, capsys, tmp_path):
    file = tmp_path / "dataset.json"
    code, out, err = run(capsys, "check", good, "--workers", 2, "--out", file)
    assert (code, "dcanet:" in err) == (0, False)
    lines = out.splitlines()
    assert lines[0].startswith("pets: objects in boxes, 3 categories (category hash ")
    assert lines[3].split()[:3] == ["train", "8", "16"]
    assert lines[3].endswith("instances_train2017.json")
    assert lines[4].split()[:3] == ["val", "4", "9"]
    assert lines[5:] == ["", f"12 images checked; written to {file}"]
    checked = CocoDataset.load(file)
    assert run(capsys, "describe", good, "--out", tmp_path / "described.json")[:2] == (
        0,
        "pets: 3 categories, 8 train and 4 val images, 16 and 9 boxes\n",
    )
    assert CocoDataset.load(tmp_path / "described.json") == checked
    assert checked.splits["train"].fingerprint == read_coco(good, "train").fingerprint
    assert (checked.splits["train"].images, checked.splits["val"].images) == (8, 4)
    assert checked.splits["train"].per_category == {"cat": 6, "dog": 5, "bird": 5}


@pytest.mark.parametrize("workers", [1, 2])
def test_everything_wrong_is_listed(bad, capsys, tmp_path, workers):
    code, out, err = run(capsys, "check", bad, "--workers", workers, "--out", tmp_path / "dataset.json")
    assert code == 1
    assert not (tmp_path / "dataset.json").exists()
    assert err.strip().splitlines()[-1] == (
        f"dcanet: {bad}: 4 broken images: replace or remove them, "
        "or go on without them by --on-bad-image skip"
    )
    for line in (
        "Broken images: 4",
        f"  {bad}/train2017/000000000011.jpg: image is missing",
        f"  {bad}/train2017/000000000012.jpg: cannot be decoded: image file is truncated",
        f"  {bad}/train2017/000000000013.jpg: not an image (starts with b'<html>')",
        f"  {bad}/val2017/000000001001.jpg: is 30 x 20 pixels, its annotation says 40 x 60",
        "Boxes left out: 2",
        "  val: 2 side below 1 pixel",
        "  val: 1 outside the image",
        "Image ids in several splits: 1",
        "  14",
        "  train/000000000014.jpg = val/000000001004.jpg",
        "  val: 1 image without boxes, not trained on",
        "  val: 1 greyscale, 000000001002.jpg",
    ):
        assert line in out, out


def test_skipping_writes_what_is_broken(bad, capsys, tmp_path):
    file = tmp_path / "dataset.json"
    code, out, _ = run(capsys, "check", bad, "--on-bad-image", "skip", "--workers", 1, "--out", file)
    assert code == 0
    assert out.splitlines()[-1] == f"12 images checked, 4 broken to be skipped; written to {file}"
    checked = CocoDataset.load(file)
    assert list(checked.splits["val"].bad_images) == ["000000001001.jpg"]
    assert checked.splits["val"].crowds == 1
    assert checked.splits["val"].dropped == {"side below 1 pixel": 2, "outside the image": 1}
    assert checked.shared_ids == [14]
    assert [image.id for image in read_coco(bad, "train", checked).images] == [14, 15, 16, 17, 18]


def test_other_categories_in_val(good, capsys):
    edit(good, "val", lambda content: content["categories"].append({"id": 91, "name": "fish"}))
    code, out, err = run(capsys, "check", good, "--on-bad-image", "skip", "--workers", 1)
    assert code == 1
    assert "  91 fish: only in val" in out
    assert "  val: 1 category without boxes, fish" in out
    assert err.strip().splitlines()[-1] == (
        f"dcanet: {good}: 1 category in one split only: rename or remove it; labels count all of them"
    )


def test_one_split_is_enough_to_check(good, capsys):
    shutil.rmtree(good / "train2017")
    (good / "annotations" / "instances_train2017.json").unlink()
    code, out, _ = run(capsys, "check", good, "--workers", 1)
    assert (code, out.splitlines()[-1]) == (0, "4 images checked")
    assert run(capsys, "describe", good, "--splits", "val", "--out", good / "x.json")[0] == 0
    code, _, err = run(capsys, "describe", good, "--out", good / "x.json")
    assert code == 1
    assert err.startswith(f"dcanet: {good}/annotations/instances_train2017.json: no such file; ")


def test_no_split_at_all(tmp_path, capsys):
    (tmp_path / "annotations").mkdir()
    code, out, err = run(capsys, "check", tmp_path)
    assert (code, out) == (1, "")
    assert err.startswith(f"dcanet: {tmp_path}/annotations/instances_train2017.json: no such file; unpack ")


def test_a_broken_split_is_not_taken_for_a_missing_one(good, capsys):
    path = write_annotations(good, "val", json.dumps({"images": []})[:-1])
    code, _, err = run(capsys, "check", good, "--workers", 1)
    assert code == 1
    assert err.strip().splitlines()[-1].startswith(f"dcanet: {path}: not JSON at character ")
