"""Which class each image of a flat folder or archive has: a csv, or ImageNet's development kit."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from ..errors import UserError
from .devkit import DEVKIT, read_devkit
from .imagenet import class_named, refuse_strangers
from .label_table import KAGGLE, find_table, read_table

#: Beside a csv or shards, one class a line: what numbers as labels count in other data sets than ImageNet.
CLASS_LIST = "classes.txt"


@dataclass(frozen=True)
class GroundTruth:
    """Labels by the order of the images' names, or by name."""

    source: Path
    in_order: list[str] = field(default_factory=list)
    by_name: dict[str, str] = field(default_factory=dict)
    class_list: list[str] | None = None

    def classes_of(self, files: Sequence[str], where: str) -> list[str]:
        """The class of every image in `where`.

        Raises:
            UserError: another number of images, an image without a label, an unknown class.
        """
        known = len(self.in_order or self.by_name)
        if known != len(files):
            raise UserError(
                f"{self.source}: has {known:,} labels, but {where} has {len(files):,} images"
                f"{self._missing(files)}; both must be whole and belong together"
            )
        if self.in_order:
            position = {file: index for index, file in enumerate(sorted(files))}
            labels = [self.in_order[position[file]] for file in files]
        else:
            labels = [self._named(file, where) for file in files]
        try:
            classes = {label: class_named(label, self.class_list) for label in set(labels)}
        except UserError as error:
            raise UserError(
                f"{self.source}: {error}; list the classes in a {CLASS_LIST} beside it"
            ) from error
        refuse_strangers(set(classes.values()), str(self.source))
        return [classes[label] for label in labels]

    def _named(self, file: str, where: str) -> str:
        label = self.by_name.get(file) or self.by_name.get(PurePosixPath(file).stem)
        if label is None:
            raise UserError(f"{self.source}: has no row for {file} of {where}; add it or remove the image")
        return label

    def _missing(self, files: Sequence[str]) -> str:
        """The first image that a csv knows and the folder lacks."""
        have = {*files, *(PurePosixPath(file).stem for file in files)}
        missing = next((name for name in self.by_name if name not in have), None)
        return f" ({missing} is missing)" if missing else ""


def find_ground_truth(places: Sequence[Path], split: str, images: Path) -> GroundTruth:
    """The ground truth of the images in a folder or archive, from the first of the places that has one.

    Raises:
        UserError: there is none; the message says what was looked for.
    """
    for place in places:
        if table := find_table(place, split):
            return GroundTruth(table, by_name=read_table(table), class_list=read_class_list(place))
        if split == "val" and (found := read_devkit(place)):
            return GroundTruth(found[0], in_order=found[1])
    raise UserError(
        f"{images}: no ground truth for these images; put {DEVKIT} (folder or .tar.gz), {KAGGLE} "
        f"or a csv with an image and a class column into {places[0]}"
    )


def read_class_list(folder: Path) -> list[str] | None:
    """The classes in a folder's classes.txt in their order, or None without such a file."""
    file = folder / CLASS_LIST
    if not file.is_file():
        return None
    return [
        line.strip()
        for line in file.read_text(encoding="utf-8", errors="replace").splitlines()
        if line.strip()
    ]
