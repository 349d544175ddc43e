"""COCO-format data sets as tools export them: other file names, and images in other places."""

import json
import shutil

import pytest
from coco_folders import CATEGORIES, annotation, document, edit, write_annotations, write_coco
from PIL import Image

from dcanet.data.coco import list_coco, missing_images, read_coco
from dcanet.data.coco_check import check_coco
from dcanet.data.coco_files import is_coco
from dcanet.data.locate import NoSuchSplit
from dcanet.errors import UserError


@pytest.fixture
def source(tmp_path):
    return write_coco(tmp_path / "coco")


def roboflow(source, root):
    """Every split's folder has the images and the annotations."""
    for split, name in (("train", "train"), ("val", "valid")):
        shutil.copytree(source / f"{split}2017", root / name)
        shutil.copy(annotations(source, split), root / name / "_annotations.coco.json")


def cvat(source, root):
    """Subsets of a project, with their images in `images`."""
    for split, name in (("train", "Train"), ("val", "Validation")):
        shutil.copytree(source / f"{split}2017", root / "images" / name)
        copied = root / "annotations" / f"instances_{name}.json"
        copied.parent.mkdir(exist_ok=True)
        shutil.copy(annotations(source, split), copied)


def plain_names(source, root):
    """Beside annotations of other kinds."""
    for split in ("train", "val"):
        shutil.copytree(source / f"{split}2017", root / split)
        (root / "annotations").mkdir(exist_ok=True)
        shutil.copy(annotations(source, split), root / "annotations" / f"{split}.json")
        for other in ("captions", "person_keypoints", "image_info"):
            (root / "annotations" / f"{other}_{split}.json").write_text("{}")


def all_in_one_folder(source, root):
    shutil.copytree(source / "annotations", root / "annotations")
    for split in ("train", "val"):
        shutil.copytree(source / f"{split}2017", root / "images", dirs_exist_ok=True)


def paths_from_the_root(source, root):
    """File names say the whole way."""
    shutil.copytree(source, root, dirs_exist_ok=True)
    (root / "pictures").mkdir()
    for split in ("train", "val"):
        (root / f"{split}2017").rename(root / "pictures" / split)
        edit(root, split, lambda content, split=split: _prefix(content, f"pictures/{split}/"))


def folders_inside(source, root):
    """File names say folders below the split's."""
    shutil.copytree(source, root, dirs_exist_ok=True)
    for split in ("train", "val"):
        images = root / f"{split}2017"
        images.rename(root / "camera 1")
        images.mkdir()
        (root / "camera 1").rename(images / "camera 1")
        edit(root, split, lambda content: _prefix(content, "camera 1/"))


def _prefix(content, prefix):
    for image in content["images"]:
        image["file_name"] = prefix + image["file_name"]


def annotations(root, split):
    return root / "annotations" / f"instances_{split}2017.json"


LAYOUTS = [roboflow, cvat, plain_names, all_in_one_folder, paths_from_the_root, folders_inside]


@pytest.mark.parametrize("layout", LAYOUTS, ids=lambda layout: layout.__name__)
def test_every_layout_is_the_same_data_set(source, tmp_path, layout):
    root = tmp_path / "other"
    root.mkdir()
    layout(source, root)
    assert is_coco(root)
    for split in ("train", "val"):
        found, wanted = read_coco(root, split), read_coco(source, split)
        assert found.fingerprint == wanted.fingerprint
        for image, original in zip(found.images, wanted.images, strict=True):
            assert image.path.read_bytes() == original.path.read_bytes()
    checked = check_coco(root, workers=1)
    assert checked.bad_images == 0
    assert len(checked.dataset.categories) == len(CATEGORIES)


def test_a_missing_image_does_not_move_the_folder(source):
    first = list_coco(source, "val").file_names[0]
    (source / "val2017" / first).unlink()
    (source / "images").mkdir()
    assert missing_images(list_coco(source, "val")) == [first]
    shutil.copy(next((source / "val2017").iterdir()), source / "images" / "other.jpg")
    assert missing_images(list_coco(source, "val")) == [first]


def test_two_files_that_could_be_meant(source, tmp_path):
    root = tmp_path / "other"
    root.mkdir()
    plain_names(source, root)
    shutil.copy(root / "annotations" / "val.json", root / "annotations" / "boxes_valid.json")
    with pytest.raises(UserError, match=r"boxes_valid.json and val.json could both be val; leave one there"):
        list_coco(root, "val")


def test_roboflow_without_a_validation_part(source, tmp_path):
    root = tmp_path / "other"
    root.mkdir()
    roboflow(source, root)
    shutil.rmtree(root / "valid")
    with pytest.raises(NoSuchSplit, match=r"instances_val2017\.json: no such file; unpack COCO's"):
        list_coco(root, "val")
    assert list(check_coco(root, workers=1).dataset.splits) == ["train"]


@pytest.mark.parametrize("name", ["../secret.jpg", "a/../../secret.jpg"])
def test_file_names_stay_in_their_folder(source, name):
    path = edit(source, "val", lambda content: content["images"][1].update(file_name=name))
    number = json.loads(path.read_text())["images"][1]["id"]
    with pytest.raises(UserError) as caught:
        list_coco(source, "val")
    assert str(caught.value) == (
        f"{path}: image {number}'s file_name {name!r} leads out of its folder; mend it"
    )


def test_any_ids_of_categories(tmp_path):
    """From nothing on, with gaps, in no order; also those that no box has, as Roboflow's first."""
    kinds = [
        {"id": 500, "name": "c"},
        {"id": 0, "name": "pets", "supercategory": "none"},
        {"id": 7, "name": "a"},
    ]
    for split in ("train", "val"):
        (tmp_path / split).mkdir()
        Image.new("RGB", (40, 40)).save(tmp_path / split / "0.jpg")
        boxes = [annotation(0, 0, (1, 1, 9, 9), 500), annotation(1, 0, (2, 2, 9, 9), 7)]
        write_annotations(tmp_path, split, document([(0, "0.jpg", (40, 40))], boxes, kinds))
    split = read_coco(tmp_path, "train")
    assert [(kind.id, kind.name) for kind in split.categories] == [(0, "pets"), (7, "a"), (500, "c")]
    assert split.images[0].labels.tolist() == [3, 2]
