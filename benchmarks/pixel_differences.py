"""How far the training pipeline's pixels are from those of a full decode and PIL's filter.

    python benchmarks/pixel_differences.py --data FOLDER

FOLDER is an ImageFolder of JPEGs (<class>/<image>), taken as they are. See benchmarks/README.md.
"""

import argparse
from pathlib import Path

import numpy as np
from PIL import Image

from dcanet.data.augmentation import inside, resize, shrink_for
from dcanet.data.decoding import decode_pixels, decode_rgb
from dcanet.data.order import image_random
from dcanet.data.sampling import Crop, sample_crop
from dcanet.data.settings import Augmentation
from dcanet.data.split import is_image


def main() -> None:
    """Print a table of mean absolute differences in levels of 255."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, required=True, help="ImageFolder of JPEGs")
    parser.add_argument("--images", type=int, default=200, help="how many of them")
    options = parser.parse_args()
    files = sorted(file for file in options.data.glob("*/*") if is_image(file.name))
    files = files[:: max(1, len(files) // options.images)][: options.images]
    if not files:
        parser.error(f"{options.data}: no images; expected <class>/<image>")
    print("| output | decoded smaller | all crops | those decoded smaller | crop moved by a pixel |")
    print("| --- | --- | --- | --- | --- |")
    for size in (224, 160, 128, 96, 64, 32):
        print(_row(files, size))


def _row(files: list[Path], size: int) -> str:
    every, smaller, moved = [], [], []
    for index, file in enumerate(files):
        data = file.read_bytes()
        full = decode_rgb(data, str(file))
        crop = sample_crop(full.width, full.height, Augmentation(size=size), image_random(0, 0, index))
        exact = _filtered(full, crop, size)
        shrink = shrink_for(crop, size)
        pixels = decode_pixels(data, str(file), shrink)
        ours = resize(pixels[inside(pixels, crop, full.width, full.height)], size, flip=False)
        every.append(np.abs(ours - exact).mean())
        if shrink > 1:
            smaller.append(every[-1])
            neighbour = crop._replace(left=_step(crop.left), top=_step(crop.top))
            moved.append(np.abs(_filtered(full, neighbour, size) - exact).mean())
    means = [f"{np.mean(values):.3f}" if values else "" for values in (every, smaller, moved)]
    return f"| {size} | {len(smaller) / len(every):.0%} | {' | '.join(means)} |"


def _step(edge: int) -> int:
    return edge - 1 if edge else edge


def _filtered(image: Image.Image, crop: Crop, size: int) -> np.ndarray:
    box = (crop.left, crop.top, crop.left + crop.width, crop.top + crop.height)
    return np.asarray(image.crop(box).resize((size, size), Image.Resampling.BILINEAR)).astype(int)


if __name__ == "__main__":
    main()
