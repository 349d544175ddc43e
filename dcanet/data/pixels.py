"""Images that a data set keeps as bare pixels: each is handed on as a file of its own."""

import hashlib
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from ..errors import UserError
from .class_names import as_folders
from .split import Split, arrange


class Pixels:
    """Images of one size in an array of uint8, (N, H, W) grey or (N, 3, H, W) colour; see `Storage`.

    The file of an image is a PPM, which costs a copy to write and to read.
    """

    def __init__(
        self, source: str, pixels: NDArray[np.uint8], positions: NDArray[np.int64] | None = None
    ) -> None:
        self.source, self.pixels = source, pixels
        self.positions = np.arange(len(pixels)) if positions is None else positions

    def read(self, index: int) -> bytes:
        image = self.pixels[self.positions[index]]
        content: bytes = (image.transpose(1, 2, 0) if image.ndim == 3 else image).tobytes()
        return self._header + content

    def where(self, index: int) -> str:
        return f"{self.source}: image {self.positions[index]}"

    def take(self, positions: Sequence[int]) -> "Pixels":
        return Pixels(self.source, self.pixels, self.positions[np.asarray(positions, dtype=np.int64)])

    def content(self) -> str:
        return hashlib.sha256(np.ascontiguousarray(self.pixels)).hexdigest()

    @property
    def file_size(self) -> int:
        """Of every image, in bytes."""
        return len(self._header) + int(np.prod(self.pixels.shape[1:]))

    @property
    def _header(self) -> bytes:
        height, width = self.pixels.shape[-2:]
        return b"P%d\n%d %d\n255\n" % (6 if self.pixels.ndim == 4 else 5, width, height)


def split_of_pixels(
    name: str,
    layout: str,
    source: str,
    pixels: NDArray[np.uint8],
    labels: NDArray[np.uint8],
    class_names: Sequence[str],
) -> Split:
    """A split of images as `Pixels` has them and the place of each one's class among the names.

    Images are called by their place in the data set, as <class>/00017.ppm.

    Raises:
        UserError: no images, or a label beyond the names.
    """
    if not pixels.size:
        raise UserError(f"{source}: holds no images; fetch it again")
    if int(labels.max()) >= len(class_names):
        raise UserError(
            f"{source}: image {int(labels.argmax())} has label {labels.max()}, there are {len(class_names)} "
            "classes, counted from 0; fetch it again"
        )
    folders = as_folders(class_names, source)
    storage = Pixels(source, pixels)
    return arrange(
        name,
        layout,
        [folders[label] for label in labels.tolist()],
        [f"{number:05d}.ppm" for number in range(len(pixels))],
        [storage.file_size] * len(pixels),
        storage,
    )
