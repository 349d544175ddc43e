"""What is said of COCO data sets that are not whole: one line with the file and the fix."""

import pytest
from coco_folders import edit, write_annotations, write_coco

from dcanet.data.coco import read_coco
from dcanet.errors import UserError


@pytest.fixture
def root(tmp_path):
    return write_coco(tmp_path / "pets")


def refused(root, split="val"):
    with pytest.raises(UserError) as caught:
        read_coco(root, split)
    message = str(caught.value)
    assert "\n" not in message
    return message


def test_nothing_there(tmp_path, root):
    wanted = "a COCO data set needs annotations/instances_val2017.json and images"
    assert refused(tmp_path) == f"{tmp_path}/annotations: no such folder; {wanted}"
    assert refused(tmp_path / "no").startswith(f"{tmp_path}/no/annotations: {tmp_path}/no is not a folder; ")
    (root / "annotations" / "instances_val2017.json").unlink()
    assert refused(root).startswith(
        f"{root}/annotations/instances_val2017.json: no such file; unpack COCO's "
    )


def test_two_annotation_files(root):
    (root / "annotations" / "instances_val2017.json").rename(root / "annotations" / "instances_val2014.json")
    write_annotations(root, "minival", "{}")
    message = refused(root)
    assert message == (
        f"{root}/annotations: instances_minival2017.json and instances_val2014.json could both be val; "
        "leave one there"
    )


def test_no_folder_of_images(root):
    (root / "val2017").rename(root / "pictures")
    assert refused(root) == (
        f"{root}/val2017: no such folder (nor images/val2017, nor val); put the images of "
        "instances_val2017.json there"
    )


def test_missing_images_are_counted(root):
    for name in ("000000001002.jpg", "000000001003.jpg"):
        (root / "val2017" / name).unlink()
    assert refused(root) == (
        f"{root}/val2017/000000001002.jpg: image is missing, as 2 of 4 are; fetch them, or let "
        "`dcanet data check --on-bad-image skip` list them"
    )


@pytest.mark.parametrize("share", [0, 0.01, 0.3, 0.7, 0.999])
def test_truncated_json_is_told_with_the_position(root, share):
    path = root / "annotations" / "instances_val2017.json"
    text = path.read_text()[:-1]
    path.write_text(text[: int(share * len(text))])
    message = refused(root)
    assert message.startswith(f"{path}: not JSON at character ")
    assert f" of {int(share * len(text)):,} (" in message
    assert message.endswith("; fetch it again")


@pytest.mark.parametrize("content", [b"\xff\xfe\x00", b"[" * 100_000, b'{"images": [' + b"9" * 5000 + b"]}"])
def test_unreadable_json(root, content):
    path = root / "annotations" / "instances_val2017.json"
    path.write_bytes(content)
    assert refused(root).startswith(f"{path}: not a readable JSON file (")


def remove(*keys):
    """A change that deletes what the path of keys leads to."""

    def change(content):
        for key in keys[:-1]:
            content = content[key]
        del content[keys[-1]]

    return change


def put(value, *keys):
    """A change that puts a value where the path of keys leads to."""

    def change(content):
        for key in keys[:-1]:
            content = content[key]
        content[keys[-1]] = value

    return change


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (remove("annotations"), "has no list 'annotations'; it must be an instances file"),
        (put({}, "images"), "has no list 'images'; it must be an instances file"),
        (put([], "annotations"), "has no annotations; the split needs an instances file of its own"),
        (put([], "images"), "has no images; the split needs an instances file of its own"),
        (put([], "categories"), "has no categories; "),
        (put(999, "annotations", 0, "image_id"), "is of image 999, which is not in the file; mend it"),
        (put(4, "annotations", 0, "category_id"), "is of category 4, which is not in the file; mend it"),
        (put(1002, "images", 0, "id"), "two images have the id 1002; keep one of them"),
        (put(7, "categories", 0, "id"), "two categories have the id 7; keep one of them"),
        (put("dog", "categories", 0, "name"), "two categories have the name dog; keep one of them"),
        (put(10030, "annotations", 1, "id"), "two annotations have the id 10030; keep one of them"),
        (remove("annotations", 0, "bbox"), "has no 'bbox'; each needs id, image_id, category_id, "),
        (remove("annotations", 0, "image_id"), "has no 'image_id'; each needs"),
        (remove("annotations", 0, "id"), "annotation number 1 has no 'id'; each needs"),
        (put([1, 2, 3], "annotations", 0, "bbox"), "is malformed; ids and iscrowd are whole numbers"),
        (put([1, 2, 3, "4"], "annotations", 0, "bbox"), "is malformed; "),
        (put(None, "annotations", 0, "bbox"), "is malformed; "),
        (put(10**400, "annotations", 0, "area"), "is malformed; "),
        (put(2**63, "annotations", 0, "category_id"), "is malformed; "),
        (put(1001.0, "annotations", 0, "image_id"), "is malformed; "),
        (put(None, "annotations", 2), "annotation number 3 has no 'id'"),
        (remove("images", 1, "width"), "image 1002 needs whole id, width and height, and a file_name"),
        (put("1001", "images", 0, "id"), "image number 1 needs whole id, width and height"),
        (put(None, "images", 0), "image number 1 needs whole id"),
        (put(0, "images", 0, "height"), "image 1001 is 40 x 0; mend its size"),
        (put(10**9, "images", 0, "width"), "mend its size"),
        (put("a\ud800.jpg", "images", 0, "file_name"), "'a\\ud800.jpg' can be no file's; mend it"),
        (put("a\0.jpg", "images", 0, "file_name"), "can be no file's; mend it"),
        (put("\ud800", "categories", 1, "name"), "category 7 needs a whole number id and a name"),
        (remove("categories", 1, "name"), "category 7 needs a whole number id and a name"),
        (put("cat", "categories", 1), "category number 2 needs a whole number id and a name"),
    ],
)
def test_annotations_that_are_not_whole(root, change, message):
    path = edit(root, "val", change)
    told = refused(root)
    assert told.startswith(f"{path}: ")
    assert message in told


@pytest.mark.parametrize("content", ["[]", "[1, 2]", "null", "3", '[{"image_id": 1, "score": 0.5}]'])
def test_json_of_another_kind(root, content):
    path = write_annotations(root, "val", content)
    assert refused(root) == f"{path}: has no list 'images'; it must be an instances file in COCO's format"
