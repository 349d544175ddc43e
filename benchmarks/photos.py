"""Photos of ImageNet's usual size for the benchmarks, from those of an ImageFolder."""

from pathlib import Path

import PIL
from PIL import Image

from dcanet.data import decoding
from dcanet.data.locate import list_split
from dcanet.data.split import Split, is_image

#: An ImageNet photo's most frequent size in pixels, and a usual quality of its JPEG.
PHOTO, QUALITY = (500, 375), 90


def write_photos(source: Path, root: Path, count: int) -> Split:
    """`count` photos of the ImageFolder `source`, spread over its classes, scaled into `root`/train."""
    files = sorted(file for file in source.glob("*/*") if is_image(file.name))
    for file in files[:: max(1, len(files) // count)][:count]:
        target = root / "train" / file.parent.name / f"{file.stem}.jpg"
        target.parent.mkdir(parents=True, exist_ok=True)
        with Image.open(file) as image:
            image.convert("RGB").resize(PHOTO, Image.Resampling.BICUBIC).save(target, quality=QUALITY)
    return list_split(root, "train")


def decoder() -> str:
    """What JPEGs are decoded by."""
    if decoding.simplejpeg:
        return f"simplejpeg {decoding.simplejpeg.__version__}"
    return f"Pillow {PIL.__version__}"
