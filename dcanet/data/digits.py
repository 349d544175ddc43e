"""The embedded data set: real digits on real photographs, in the manner of MNIST-M (arXiv 1505.07818).

The digits are blended (absolute difference) over random crops of the photographs, and written as an ordinary
ImageFolder of PNG files.
"""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
from PIL import Image
from tqdm import tqdm

from ..documents import Dataset
from .describe import describe
from .handwriting import blend, mnist, random_crop, resized, val_digits
from .whole_folder import MANIFEST, whole_folder

KIND = "digits"


def write_digits(out: Path, image_size: int = 32, seed: int = 0) -> Dataset:
    """Write 4,000 train and 1,000 val images (100 per class) below `out`, all or nothing.

    The same size and seed give the same pixels. An older version at `out` is replaced; a folder that
    holds anything else is refused with UserError.
    """
    with whole_folder(out, KIND, ("train", "val")) as temporary:
        for split, label, index, image in tqdm(
            _images(image_size, seed), total=5000, desc="digits", unit="image", disable=None
        ):
            folder = temporary / split / str(label)
            folder.mkdir(parents=True, exist_ok=True)
            image.save(folder / f"{index:04d}.png")
        dataset = describe(temporary, name=f"{KIND} {image_size}px seed {seed}")
        dataset.save(temporary / MANIFEST)
    return dataset


def _images(size: int, seed: int) -> Iterator[tuple[str, int, int, Image.Image]]:
    """(split, label, index, image) of all 5,000 digits."""
    random = np.random.Generator(np.random.PCG64(seed))
    val = val_digits(random)
    for index, (digit, label) in enumerate(zip(*mnist(), strict=True)):
        blended = blend(random_crop(size, random), resized(digit, size, size))
        yield ("val" if index in val else "train"), int(label), index, Image.fromarray(blended)
