"""Where the parts of a COCO data set lie: the annotations of a split, and its images."""

import re
from collections.abc import Sequence
from pathlib import Path

from ..errors import UserError
from .locate import NoSuchSplit
from .spelling import SPELLINGS

ANNOTATIONS = "annotations"
#: The annotations in a split's own folder, beside its images, as Roboflow exports them.
BESIDE_IMAGES = "_annotations.coco.json"
#: How files begin that annotate something else than objects in boxes.
OTHER_TASKS = ("captions_", "person_keypoints_", "image_info_", "panoptic_", "stuff_")


def is_coco(root: Path) -> bool:
    """Whether a folder is a COCO data set: it has a folder of annotations, or they are beside the images."""
    return (Path(root) / ANNOTATIONS).is_dir() or any(Path(root).glob(f"*/{BESIDE_IMAGES}"))


def find_annotations(root: Path, split: str) -> Path:
    """The file with the boxes of a split ("train" or "val").

    annotations/instances_<split>2017.json, else the only instances_*<split>*.json there, else the only other
    one with a word for the split in its name, else <split>/_annotations.coco.json.

    Raises:
        NoSuchSplit: there is no such folder or file.
        UserError: several files that could be meant.
    """
    root = Path(root)
    folder = root / ANNOTATIONS
    wanted = folder / f"instances_{split}2017.json"
    if wanted.is_file():
        return wanted
    for found in (
        sorted(folder.glob(f"instances_*{split}*.json")),
        [path for path in sorted(folder.glob("*.json")) if _says(path, split)],
    ):
        if len(found) > 1:
            names = " and ".join(path.name for path in found[:2])
            raise UserError(f"{folder}: {names} could both be {split}; leave one there")
        if found:
            return found[0]
    for name in SPELLINGS[split]:
        if (root / name / BESIDE_IMAGES).is_file():
            return root / name / BESIDE_IMAGES
    if is_coco(root):
        raise NoSuchSplit(
            f"{wanted}: no such file; unpack COCO's annotations_trainval2017.zip into {root}, or give your "
            "own boxes this name"
        )
    what = "no such folder" if root.is_dir() else f"{root} is not a folder"
    raise NoSuchSplit(f"{folder}: {what}; a COCO data set needs {wanted.relative_to(root)} and images")


def find_images(root: Path, split: str, annotations: Path, files: Sequence[str]) -> Path:
    """The folder of a split's images, in the data set's or in `images` there.

    It is called as the annotations are (val2017 of instances_val2017.json), <split>2017 or <split>. Where the
    first of the `files` that the annotations name is in none of these, but in `images` or in the data set's
    folder itself, it is that one.

    Raises:
        UserError: none of them is there.
    """
    if annotations.name == BESIDE_IMAGES:
        return annotations.parent
    names = (annotations.stem.removeprefix("instances_"), f"{split}2017", *SPELLINGS[split])
    root = Path(root)
    named = [folder / name for name in names for folder in (root, root / "images")]
    places = [place for place in named if place.is_dir()]
    for place in (*places, root / "images", root):
        if any((place / name).is_file() for name in files[:1]):
            return place
    if places:
        return places[0]
    raise UserError(
        f"{named[0]}: no such folder (nor images/{names[0]}, nor {split}); put the images of "
        f"{annotations.name} there"
    )


def _says(path: Path, split: str) -> bool:
    words = re.findall("[a-z]+", path.stem.lower())
    return not path.name.startswith(OTHER_TASKS) and bool(set(words) & set(SPELLINGS[split]))
