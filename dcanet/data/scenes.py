"""Digit scenes: a small data set for detection, in COCO's format, of the embedded digits.

Each picture is a crop of a photograph with two to five digits of several sizes, drawn as in `digits`.
"""

import json
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image
from tqdm import tqdm

from ..errors import UserError
from ..files import write_text
from .coco_dataset import CocoDataset
from .coco_describe import describe_coco
from .coco_files import ANNOTATIONS
from .handwriting import CLASSES, mnist, photographs, val_digits
from .scene_drawing import Drawn, draw_scene
from .whole_folder import MANIFEST, whole_folder

KIND = "digit scenes"
#: No split has as many pictures: where each split's ids begin, so that a picture does not depend on how many
#: the other split has.
SPLIT_IDS = 1_000_000


def write_scenes(
    out: Path, images_train: int = 800, images_val: int = 200, image_size: int = 128, seed: int = 0
) -> CocoDataset:
    """Write {train2017,val2017}/*.png, annotations/instances_*.json and dataset.json, all or nothing.

    Pictures are squares of `image_size` pixels. Val shows digits that train does not, those of `write_digits`
    with the same seed. The same arguments give the same bytes, and more pictures begin with the same ones. An
    older version at `out` is replaced.

    Raises:
        UserError: a size or number that cannot be made, or a folder that holds anything else.
    """
    _refuse_impossible(images_train, images_val, image_size)
    with whole_folder(out, KIND, ("train2017", "val2017", ANNOTATIONS)) as folder:
        val = sorted(val_digits(np.random.Generator(np.random.PCG64(seed))))
        pools = {"train": np.delete(np.arange(len(mnist()[1])), val), "val": np.array(val)}
        counts = {"train": images_train, "val": images_val}
        with tqdm(total=images_train + images_val, desc="scenes", unit="image", disable=None) as bar:
            for part, (split, pool) in enumerate(pools.items()):
                (folder / f"{split}2017").mkdir()
                document = _empty_document(f"{KIND}, {split}, {image_size} pixels, seed {seed}")
                for index in range(counts[split]):
                    random = np.random.Generator(np.random.PCG64([seed, part, index]))
                    pixels, drawn = draw_scene(image_size, pool, random)
                    name = _add(document, part * SPLIT_IDS + index + 1, image_size, drawn)
                    # Level 1: half the time of the usual 6, and a twentieth larger.
                    Image.fromarray(pixels).save(folder / f"{split}2017" / name, compress_level=1)
                    bar.update()
                write_text(folder / ANNOTATIONS / f"instances_{split}2017.json", json.dumps(document) + "\n")
        dataset = describe_coco(folder, f"{KIND} {image_size}px seed {seed}")
        dataset.save(folder / MANIFEST)
    return dataset


def _empty_document(description: str) -> dict[str, Any]:
    categories = [{"id": digit + 1, "name": str(digit), "supercategory": "digit"} for digit in range(CLASSES)]
    info = {"description": description}
    return {"info": info, "licenses": [], "images": [], "annotations": [], "categories": categories}


def _add(document: dict[str, Any], number: int, size: int, drawn: list[Drawn]) -> str:
    """Add a picture and its digits, whose ids are ten times the picture's and their place; its file name."""
    name = f"{number:012d}.png"
    document["images"].append({"id": number, "file_name": name, "width": size, "height": size})
    for place, box in enumerate(drawn):
        document["annotations"].append(
            {
                "id": 10 * number + place,
                "image_id": number,
                "category_id": box.digit + 1,
                "bbox": [box.left, box.top, box.width, box.height],
                "area": box.area,
                "iscrowd": 0,
                "segmentation": [],
            }
        )
    return name


def _refuse_impossible(images_train: int, images_val: int, image_size: int) -> None:
    largest = min(side for photo in photographs() for side in photo.shape[:2])
    if not 64 <= image_size <= largest or image_size % 32:
        raise UserError(
            f"image size {image_size}: scenes are 64 to {largest // 32 * 32} pixels wide, a multiple of 32"
        )
    for split, count in (("train", images_train), ("val", images_val)):
        if not 0 < count < SPLIT_IDS:
            raise UserError(f"{count:,} images of {split}: give 1 to {SPLIT_IDS - 1:,}")
