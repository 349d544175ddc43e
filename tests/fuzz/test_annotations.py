"""Annotations in COCO's format: foreign files that become arrays, paths and names."""

import json

import hostile
import trees
from damage import damaged
from fuzzing import fuzz
from hypothesis import given
from hypothesis import strategies as st

from dcanet.data.coco import list_coco
from dcanet.data.coco_json import read_annotation_file
from dcanet.evaluation.real import read_labels
from dcanet.files import hash_of

VALID = {
    "info": {"year": 2017},
    "images": [
        {"id": 7, "file_name": "7.jpg", "width": 64, "height": 48},
        {"id": 9, "file_name": "9.jpg", "width": 8, "height": 8},
    ],
    "categories": [{"id": 1, "name": "cat"}, {"id": 3, "name": "dog"}],
    "annotations": [
        {
            "id": 1,
            "image_id": 7,
            "category_id": 1,
            "iscrowd": 0,
            "bbox": [1.5, 2, 10, 9],
            "area": 90.0,
            "segmentation": [[1, 2, 3, 4]],
        },
        {
            "id": 2,
            "image_id": 9,
            "category_id": 3,
            "iscrowd": 1,
            "bbox": [0, 0, 8, 8],
            "area": 64,
            "segmentation": {"counts": "x"},
        },
    ],
}
WORDS = [
    b"NaN",
    b"Infinity",
    b"1e999",
    b"-1",
    b"9" * 5000,
    b"[" * 100_000,
    b'{"a":' * 2000,
    b'"\\ud800"',
    b"\xff",
    b"null",
    b"\x00",
    b"\xef\xbb\xbf",
]


@fuzz(2800)
@given(content=damaged(json.dumps(VALID).encode(), words=WORDS))
def test_texts_that_should_be_annotations(cases, content):
    cases.run(read_annotation_file, cases.file("instances_val2017.json", content))


def listed(root) -> None:
    """As an evaluation sees it, with all that becomes text or part of a path."""
    split = list_coco(root, "val")
    hash_of([kind.name for kind in split.categories])
    "".join(kind.name for kind in split.categories).encode()
    for index in range(len(split.images)):
        place = split.images.storage.where(index)
        assert ".." not in place.removeprefix(f"{split.images.storage.folder}/").split("/")
        split.images[index]
    assert split.fingerprint


@fuzz(1200)
@given(value=trees.edited(st.just(VALID), "../x.jpg", "/etc/passwd", hostile.SURROGATE, "7.jpg\x00"))
def test_edited_annotations(cases, value):
    (cases.folder / "annotations").mkdir(exist_ok=True)
    (cases.folder / "val2017").mkdir(exist_ok=True)
    cases.file("annotations/instances_val2017.json", json.dumps(value).encode())
    cases.run(listed, cases.folder)


@fuzz(2000)
@given(content=damaged(json.dumps([[1, 2], [], [999]]).encode(), words=WORDS))
def test_reassessed_labels(cases, content):
    for entry in cases.run(read_labels, cases.file("real.json", content)) or ():
        assert all(0 <= label < 1000 for label in entry)
