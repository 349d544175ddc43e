"""`dcanet data check` on data sets with everything wrong, by the command line."""

import json
import multiprocessing
import os
import shutil
import signal
import tarfile

import layouts
import numpy as np
import pytest
from PIL import Image

from dcanet.cli import main
from dcanet.data.check import check, odd_counts
from dcanet.data.describe import describe, facts_of, fingerprint, usable
from dcanet.data.imagenet import class_named, class_order_hash, membership, wnids
from dcanet.data.locate import list_split
from dcanet.data.scan import look_at
from dcanet.documents import Dataset
from dcanet.errors import UserError

CLASSES = ("n01440764", "n02102040", "n15075141")


@pytest.fixture
def good(tmp_path):
    """A sound data set of JPEGs."""
    root = tmp_path / "photos"
    random = np.random.default_rng(0)
    for split in ("train", "val"):
        for wnid in CLASSES:
            (root / split / wnid).mkdir(parents=True)
            for index in range(4):
                pixels = random.integers(0, 256, (24, 32, 3), dtype=np.uint8)
                Image.fromarray(pixels).save(root / split / wnid / f"{split}_{wnid}_{index}.JPEG", "JPEG")
    return root


@pytest.fixture
def bad(good):
    """The same with a truncated JPEG, an empty one, a wrong class, duplicates and a PNG named .JPEG."""
    first = good / "train" / CLASSES[0]
    truncated = first / f"train_{CLASSES[0]}_1.JPEG"
    truncated.write_bytes(truncated.read_bytes()[:-300])
    (good / "val" / CLASSES[1] / "empty.JPEG").touch()
    (good / "train" / "n99999999").mkdir()
    shutil.copyfile(first / f"train_{CLASSES[0]}_0.JPEG", good / "train" / "n99999999" / "again.JPEG")
    shutil.copyfile(first / f"train_{CLASSES[0]}_2.JPEG", good / "val" / CLASSES[0] / "leak.JPEG")
    png = good / "val" / CLASSES[2] / f"val_{CLASSES[2]}_0.JPEG"
    Image.open(png).save(png, "PNG")
    Image.new("L", (8, 8)).save(good / "val" / CLASSES[2] / "grey.JPEG")
    Image.new("CMYK", (8, 8)).save(good / "val" / CLASSES[2] / "cmyk.JPEG")
    return good


def run(capsys, *arguments):
    code = main(["data", "check", *map(str, arguments)])
    captured = capsys.readouterr()
    return code, captured.out, captured.err


def test_a_sound_data_set(good, capsys, tmp_path):
    code, out, err = run(capsys, good, "--workers", 2, "--out", tmp_path / "dataset.json")
    assert (code, "dcanet:" in err) == (0, False)
    assert "photos: 3 of ImageNet's 1,000 classes" in out
    assert out.splitlines()[-1] == f"24 images checked; written to {tmp_path}/dataset.json"
    assert "Broken" not in out
    assert Dataset.load(tmp_path / "dataset.json") == describe(good, "photos")


@pytest.mark.parametrize("workers", [1, 2])
def test_everything_wrong_is_listed(bad, capsys, tmp_path, workers):
    code, out, err = run(capsys, bad, "--workers", workers, "--out", tmp_path / "dataset.json")
    assert code == 1
    assert not (tmp_path / "dataset.json").exists()
    last = err.strip().splitlines()[-1]
    assert last.startswith(f"dcanet: {bad}: 2 broken images: replace or remove them, or go on ")
    assert "by --on-bad-image skip; 1 wrong class: rename or remove it" in last

    truncated = f"{bad}/train/{CLASSES[0]}/train_{CLASSES[0]}_1.JPEG: cannot be decoded: image file is trunc"
    wrong = "train/n99999999 (1 image): not one of ImageNet's, as the others are"
    leak = f"train/{CLASSES[0]}/train_{CLASSES[0]}_2.JPEG = val/{CLASSES[0]}/leak.JPEG"
    twice = f"train/{CLASSES[0]}/train_{CLASSES[0]}_0.JPEG = train/n99999999/again.JPEG"
    for line in (
        truncated,
        f"{bad}/val/{CLASSES[1]}/empty.JPEG: empty file",
        wrong,
        "n99999999: only in train",
        leak,
        twice,
        f"val: 1 PNG named .JPEG, {CLASSES[2]}/val_{CLASSES[2]}_0.JPEG",
        f"val: 1 greyscale, {CLASSES[2]}/grey.JPEG",
        f"val: 1 CMYK, {CLASSES[2]}/cmyk.JPEG",
        "4 classes, 3 of them ImageNet's",
    ):
        assert line in out, out
    assert out.index(leak) < out.index(twice)


def test_skipping_writes_what_is_broken(bad, capsys, tmp_path):
    shutil.rmtree(bad / "train" / "n99999999")
    file = tmp_path / "dataset.json"
    code, out, _ = run(capsys, bad, "--on-bad-image", "skip", "--workers", 1, "--out", file)
    assert code == 0
    assert out.splitlines()[-1] == f"28 images checked, 2 broken to be skipped; written to {file}"
    dataset = Dataset.load(file)
    broken = f"{CLASSES[0]}/train_{CLASSES[0]}_1.JPEG"
    assert list(dataset.splits["train"].bad_images) == [broken]
    assert dataset.splits["train"].per_class == dict.fromkeys(CLASSES, 4)
    assert dataset.duplicates == [
        [f"train/{CLASSES[0]}/train_{CLASSES[0]}_2.JPEG", f"val/{CLASSES[0]}/leak.JPEG"]
    ]
    assert json.loads(file.read_text())["class_order_hash"] == class_order_hash(CLASSES)

    train = list_split(bad, "train")
    left = usable(train, dataset)
    assert set(train.images) - set(left.images) == {broken}
    assert usable(left, dataset) == left
    (bad / "train" / CLASSES[0] / "new.JPEG").write_bytes(b"new")
    with pytest.raises(UserError, match=r"train has changed since it was checked .*run `dcanet data check`"):
        usable(list_split(bad, "train"), dataset)


def test_data_that_changed_since_they_were_described(image_folder):
    root = image_folder()
    dataset = describe(root, "images")
    (image := root / "train/a/0.png").write_bytes(image.read_bytes()[:-1])
    assert usable(list_split(root, "val"), dataset) == list_split(root, "val")
    with pytest.raises(UserError, match=r"train has changed since it was described .*`dcanet data describe`"):
        usable(list_split(root, "train"), dataset)


def test_wrong_classes_are_not_excused_by_skipping_images(bad, capsys):
    code, _, err = run(capsys, bad, "--on-bad-image", "skip", "--workers", 1)
    assert code == 1
    assert err.strip().splitlines()[-1].startswith(f"dcanet: {bad}: 1 wrong class: rename or remove it")


def test_inside_archives(bad, capsys, tmp_path):
    """Broken images are named by archive and member, and the other findings are the folder's."""
    shards = tmp_path / "shards"
    shards.mkdir()
    for split in ("train", "val"):
        with tarfile.open(shards / f"{split}.tar", "w") as archive:
            archive.add(bad / split, split)
    folder, packed = check(bad, 1), check(shards, 1)
    assert packed.dataset.splits.keys() == {"train", "val"}
    for name, facts in packed.dataset.splits.items():
        layout = {"layout": "image folder"}
        assert facts.model_copy(update=layout) == folder.dataset.splits[name]
    assert packed.dataset.duplicates == folder.dataset.duplicates
    code, out, _ = run(capsys, shards, "--workers", 1)
    assert code == 1
    assert f"{shards}/train.tar: train/{CLASSES[0]}/train_{CLASSES[0]}_1.JPEG: cannot be decoded" in out


def test_image_that_vanishes(good, capsys):
    (good / "val" / CLASSES[0] / "gone.JPEG").symlink_to("/no/such/file")
    code, out, _ = run(capsys, good, "--workers", 1)
    assert code == 1
    assert f"{good}/val/{CLASSES[0]}/gone.JPEG: image is missing" in out


def test_chosen_splits_and_unusual_counts(good, capsys):
    for index in range(1, 4):
        (good / "val" / CLASSES[1] / f"val_{CLASSES[1]}_{index}.JPEG").unlink()
    code, out, _ = run(capsys, good, "--splits", "val", "--workers", 1)
    assert code == 0
    assert f"val/{CLASSES[1]}: 1 image, the median is 4" in out
    assert "train" not in out
    assert odd_counts({"a": 10, "b": 4, "c": 21, "d": 10, "e": 5, "f": 20}) == {"b": 4, "c": 21}


def test_nothing_there(tmp_path, capsys):
    code, out, err = run(capsys, tmp_path / "nowhere")
    assert (code, out) == (1, "")
    assert err == f"dcanet: {tmp_path}/nowhere: no such folder; name the folder that holds the data set\n"


def test_describe_of_another_layout(good, capsys, tmp_path):
    for split in ("train", "val"):
        layouts.shards(good / split, f"{tmp_path}/shards/{split}-{{}}.tar")
    assert main(["data", "describe", f"{tmp_path}/shards", "--out", str(tmp_path / "dataset.json")]) == 0
    assert capsys.readouterr().out == "shards: 3 classes, 12 train and 12 val images\n"
    dataset = Dataset.load(tmp_path / "dataset.json")
    assert dataset.splits["train"].layout == "tar shards"
    assert dataset.splits["train"].fingerprint == fingerprint(list_split(good, "train"))
    assert facts_of(list_split(good, "val")).per_class == dataset.splits["val"].per_class


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "empty file"),
        (b"no image at all", "not an image (starts with b'no image')"),
        (b"\x89PNG\r\n\x1a\n" + b"\0" * 30, ""),
        (b"\xff\xd8\xff\xe0" + b"\0" * 40, ""),
    ],
)
def test_broken_data_have_a_reason(data, reason):
    broken = look_at(data).broken
    assert broken
    assert broken.startswith(reason)
    assert "object at" not in broken


def test_imagenets_classes():
    assert len(wnids()) == 1000
    assert wnids() == tuple(sorted(wnids()))
    assert (membership(wnids()), membership(CLASSES), membership((*CLASSES, "cat"))) == ("all", "some", "no")
    assert class_order_hash(reversed(wnids())) == class_order_hash(wnids())
    assert (class_named("0"), class_named("999"), class_named("cat")) == ("n01440764", "n15075141", "cat")


def _kill_this_process(data):
    os.kill(os.getpid(), signal.SIGKILL)


@pytest.mark.skipif(
    multiprocessing.get_start_method() != "fork", reason="needs processes that inherit a patch"
)
def test_killed_process_ends_the_check(good, capsys, monkeypatch):
    """As the kernel does when memory runs out."""
    monkeypatch.setattr("dcanet.data.scan.look_at", _kill_this_process)
    code, _, err = run(capsys, good, "--workers", 2)
    assert code == 1
    last = err.strip().splitlines()[-1]
    assert last == "dcanet: train: a decoding process was killed; give fewer --workers or more memory"
