"""Where the parts of a COCO data set lie: the annotations of a split, and its images."""

from pathlib import Path

from ..errors import UserError
from .locate import NoSuchSplit

ANNOTATIONS = "annotations"


def is_coco(root: Path) -> bool:
    """Whether a folder is a COCO data set: it has a folder of annotations."""
    return (Path(root) / ANNOTATIONS).is_dir()


def find_annotations(root: Path, split: str) -> Path:
    """annotations/instances_<split>2017.json, or the only instances_*<split>*.json there.

    Raises:
        NoSuchSplit: there is no such folder or file.
        UserError: several files that could be meant.
    """
    root = Path(root)
    folder = root / ANNOTATIONS
    wanted = folder / f"instances_{split}2017.json"
    if not folder.is_dir():
        what = "no such folder" if root.is_dir() else f"{root} is not a folder"
        raise NoSuchSplit(f"{folder}: {what}; a COCO data set needs {wanted.relative_to(root)} and images")
    if wanted.is_file():
        return wanted
    found = sorted(folder.glob(f"instances_*{split}*.json"))
    if not found:
        raise NoSuchSplit(f"{wanted}: no such file; unpack COCO's annotations_trainval2017.zip into {root}")
    if len(found) > 1:
        names = " and ".join(path.name for path in found[:2])
        raise UserError(f"{folder}: {names} could both be {split}; leave one there")
    return found[0]


def find_images(root: Path, split: str, annotations: Path) -> Path:
    """The folder of a split's images, in the data set's or in `images` there.

    It is called as the annotations are (val2017 of instances_val2017.json), <split>2017 or <split>.

    Raises:
        UserError: none of them is there.
    """
    names = (annotations.stem.removeprefix("instances_"), f"{split}2017", split)
    places = [folder / name for name in names for folder in (Path(root), Path(root) / "images")]
    for place in places:
        if place.is_dir():
            return place
    raise UserError(
        f"{places[0]}: no such folder (nor images/{names[0]}, nor {split}); put the images of "
        f"{annotations.name} there"
    )
