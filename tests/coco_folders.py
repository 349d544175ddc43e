"""Small COCO data sets, sound until a test breaks them."""

import json
from pathlib import Path

import numpy as np
from PIL import Image

#: COCO's ids have gaps.
CATEGORIES = [{"id": 3, "name": "cat"}, {"id": 7, "name": "dog"}, {"id": 90, "name": "bird"}]
#: (width, height), of which three of five are wider than high.
SIZES = ((60, 40), (40, 60), (48, 36), (40, 40), (64, 40))


def annotation(number, image, box, category=3, crowd=0, area=None):
    """One with a polygon as real ones have."""
    x, y, width, height = box
    return {
        "segmentation": [[x, y, x + width, y, x + width, y + height]],
        "area": width * height if area is None else area,
        "iscrowd": crowd,
        "image_id": image,
        "bbox": list(box),
        "category_id": category,
        "id": number,
    }


def document(images, annotations, categories=CATEGORIES):
    """An instances file of [(id, file name, (width, height))] and annotations."""
    entries = [
        {"license": 1, "file_name": name, "height": size[1], "width": size[0], "id": number}
        for number, name, size in images
    ]
    return {"info": {}, "images": entries, "annotations": annotations, "categories": categories}


def write_annotations(root: Path, split: str, content) -> Path:
    """annotations/instances_<split>2017.json of a document or of text."""
    path = root / "annotations" / f"instances_{split}2017.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content if isinstance(content, str) else json.dumps(content))
    return path


def write_coco(root: Path, train: int = 8, val: int = 4, suffix: str = "jpg") -> Path:
    """Both splits: images of noise of several sizes, with one to three boxes each."""
    random = np.random.default_rng(0)
    for split, count, first in (("train", train, 11), ("val", val, 1001)):
        (root / f"{split}2017").mkdir(parents=True)
        images, annotations = [], []
        for number in range(first, first + count):
            width, height = SIZES[number % len(SIZES)]
            images.append((number, f"{number:012d}.{suffix}", (width, height)))
            pixels = random.integers(0, 256, (height, width, 3), dtype=np.uint8)
            Image.fromarray(pixels).save(root / f"{split}2017" / images[-1][1])
            for turn in range(1 + number % 3):
                box = (1.5 + turn, 2.25, 20.0 + turn, 10.5 + number % 7)
                kind = CATEGORIES[(number + turn) % 3]["id"]
                annotations.append(annotation(10 * number + turn, number, box, kind))
        write_annotations(root, split, document(images, annotations[::-1]))
    return root


def edit(root: Path, split: str, change) -> Path:
    """Apply a function to the document of a split."""
    path = root / "annotations" / f"instances_{split}2017.json"
    content = json.loads(path.read_text())
    change(content)
    path.write_text(json.dumps(content))
    return path
