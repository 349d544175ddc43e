"""The images of one part of a data set, in an order that does not depend on how they are stored."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace
from itertools import compress, pairwise

from ..errors import UserError
from .storage import Storage

#: What counts as an image, in lower case.
SUFFIXES = (".jpg", ".jpeg", ".png", ".bmp", ".ppm", ".webp")


@dataclass(frozen=True)
class Split:
    """Images by class, then by file name. Two splits are equal when they list the same."""

    name: str  # "train", "val" or "test"
    layout: str  # how they are stored, in words
    classes: list[str]  # sorted; the position is the target
    images: list[str]  # stable ids "<class>/<file name>"
    targets: list[int]
    sizes: list[int]  # bytes of every encoded image
    storage: Storage = field(compare=False, repr=False)

    def read(self, index: int) -> bytes:
        """The encoded image; UserError names one that cannot be read."""
        return self.storage.read(index)

    def where(self, index: int) -> str:
        """Where the image lies, for messages: its path, or "archive.tar: member"."""
        return self.storage.where(index)

    def without(self, bad: Collection[str]) -> "Split":
        """The split less the images with these ids; its classes stay."""
        wanted = [image not in bad for image in self.images]
        if all(wanted):
            return self
        return replace(
            self,
            images=list(compress(self.images, wanted)),
            targets=list(compress(self.targets, wanted)),
            sizes=list(compress(self.sizes, wanted)),
            storage=self.storage.take(list(compress(range(len(wanted)), wanted))),
        )


def is_image(name: str) -> bool:
    """Whether a file name is an image's; hidden files are not (macOS writes ._x.JPEG beside x.JPEG)."""
    return name.lower().endswith(SUFFIXES) and not name.startswith(".")


def arrange(
    name: str,
    layout: str,
    classes: Sequence[str],
    files: Sequence[str],
    sizes: Sequence[int],
    storage: Storage,
) -> Split:
    """A split from the class, the file name and the size of every image, in the storage's order.

    Raises:
        UserError: two images with the same class and file name, or a name that is not text.
    """
    # No name holds a zero byte: this sorts by class, then by file.
    keys = [f"{label}\0{file}" for label, file in zip(classes, files, strict=True)]
    order = sorted(range(len(keys)), key=keys.__getitem__)
    if order != list(range(len(keys))):
        storage = storage.take(order)
    images = [keys[position].replace("\0", "/") for position in order]
    for index, (one, other) in enumerate(pairwise(images)):
        if one == other:
            raise UserError(
                f"{storage.where(index)} and {storage.where(index + 1)} are both image {one!r}; remove one"
            )
    _refuse_undecodable(images, storage)
    sorted_classes = sorted(set(classes))
    target = {label: index for index, label in enumerate(sorted_classes)}
    return Split(
        name=name,
        layout=layout,
        classes=sorted_classes,
        images=images,
        targets=[target[classes[position]] for position in order],
        sizes=[int(sizes[position]) for position in order],
        storage=storage,
    )


def _refuse_undecodable(images: Sequence[str], storage: Storage) -> None:
    try:
        "".join(images).encode()
    except UnicodeEncodeError:
        for index, image in enumerate(images):
            if any("\ud800" <= character <= "\udfff" for character in image):
                where = storage.where(index).encode(errors="backslashreplace").decode()
                raise UserError(f"{where}: the name is not UTF-8; rename the image") from None
