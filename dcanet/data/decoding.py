"""From the bytes of an image file to RGB pixels.

Pillow reads every format and is the reference. JPEGs for training go to simplejpeg where it is installed:
the same libjpeg-turbo and the same pixels, handed over as an array without Pillow's copies.
"""

import io
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
from numpy.typing import NDArray
from PIL import Image, UnidentifiedImageError

from ..errors import UserError

try:
    import simplejpeg
except ImportError:  # a platform without its wheels: slower, the same pixels
    simplejpeg = None

#: Pillow reads many more, and for some of them it starts other programs: Ghostscript for EPS.
FORMATS = ("JPEG", "PNG", "BMP", "PPM", "WEBP", "GIF", "TIFF")
#: 8,192 x 8,192. A file of some bytes can say that it has billions, and their memory is taken at once.
MOST_PIXELS = 1 << 26


def decode_rgb(data: bytes, where: str, at_least: tuple[int, int] | None = None) -> Image.Image:
    """The image in RGB, at its full size or, of a JPEG, at the smallest that `at_least` allows.

    `at_least` is (width, height) in pixels: libjpeg decodes at 1/2, 1/4 or 1/8, faster than at full size.

    Raises:
        UserError: not an image, broken or cut off; `where` is named.
    """
    with _readable(where):
        image = open_image(data)
        if at_least:
            image.draft(None, at_least)
        image.load()
        return image if image.mode == "RGB" else image.convert("RGB")


def open_image(data: bytes) -> Image.Image:
    """Pillow's image of one of the `FORMATS`, not decoded yet.

    Raises:
        UnidentifiedImageError, ValueError, ...: as Pillow raises them, and for too many pixels.
    """
    image = Image.open(io.BytesIO(data), formats=FORMATS)
    _refuse_many(image.size)
    return image


def image_size(data: bytes, where: str) -> tuple[int, int]:
    """(width, height) in pixels from the file's header; UserError when it has none."""
    if size := _turbo_size(data, where):
        return size
    with _readable(where), open_image(data) as image:
        return image.size


def decode_pixels(data: bytes, where: str, shrink: int = 1) -> NDArray[np.uint8]:
    """RGB pixels (H, W, 3); a JPEG's at 1/`shrink` of its sides (1, 2, 4 or 8), rounded up.

    The pixels of `decode_rgb`, and its UserError.
    """
    if size := _turbo_size(data, where):
        width, height = (-(-side // shrink) for side in size)
        try:
            pixels: NDArray[np.uint8] = simplejpeg.decode_jpeg(
                data, "RGB", min_width=width, min_height=height
            )
            return pixels
        except ValueError:
            pass  # damaged: Pillow judges
    if shrink == 1:
        return np.array(decode_rgb(data, where))
    width, height = image_size(data, where)
    return np.array(decode_rgb(data, where, (width // shrink, height // shrink)))


def _turbo_size(data: bytes, where: str) -> tuple[int, int] | None:
    """(width, height) of a JPEG that simplejpeg decodes as Pillow does, else None.

    Raises:
        UserError: too many pixels.
    """
    if simplejpeg is None or not data.startswith(b"\xff\xd8\xff"):
        return None
    try:
        height, width, colours, _ = simplejpeg.decode_jpeg_header(data)
    except ValueError:
        return None
    with _readable(where):
        _refuse_many((width, height))
    return (width, height) if colours in ("YCbCr", "Gray", "RGB") else None


def _refuse_many(size: tuple[int, int]) -> None:
    width, height = size
    if width * height > MOST_PIXELS:
        raise ValueError(f"it has {width:,} x {height:,} pixels, at most {MOST_PIXELS:,} are decoded")


@contextmanager
def _readable(where: str) -> Iterator[None]:
    try:
        yield
    except MemoryError:
        raise
    except Exception as error:  # Pillow's readers raise whatever a broken file leads them to
        reason = " ".join(str(error).split()) or type(error).__name__
        if isinstance(error, UnidentifiedImageError):
            reason = "no known image format"
        raise UserError(f"{where}: not a readable image ({reason}); replace or remove it") from error
