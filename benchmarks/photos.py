"""Photos of ImageNet's usual size for the benchmarks, from those of an ImageFolder."""

import os
import platform
from pathlib import Path

import PIL
import torch
import torchvision
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


def machine(split: Split) -> str:
    """What ran on what, in a line of words."""
    lines = Path("/proc/cpuinfo").read_text().splitlines() if Path("/proc/cpuinfo").exists() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    decoder = f"simplejpeg {decoding.simplejpeg.__version__}" if decoding.simplejpeg else "no simplejpeg"
    return (
        f"{(names or [platform.processor()])[0]}, {os.cpu_count()} cores; "
        f"Python {platform.python_version()}, torch {torch.__version__}, "
        f"torchvision {torchvision.__version__}, Pillow {PIL.__version__}, {decoder}; "
        f"{len(split.images)} photos of {PHOTO[0]} x {PHOTO[1]} pixels, "
        f"{sum(split.sizes) / len(split.sizes) / 1000:.0f} kB each"
    )
