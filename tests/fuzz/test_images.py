"""Images: damaged ones, other formats under their names, and those that unpack to more than the memory."""

import io
import struct
import zlib

import numpy as np
from damage import damaged
from fuzzing import fuzz
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from dcanet.data.decoding import decode_pixels, decode_rgb, image_size
from dcanet.data.scan import look_at

RANDOM = np.random.default_rng(0)
PIXELS = RANDOM.integers(0, 255, (12, 20, 3), dtype=np.uint8)


def encoded(kind: str, mode: str = "RGB", **how: object) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(PIXELS).convert("I" if mode == "I;16" else mode).convert(mode).save(buffer, kind, **how)
    return buffer.getvalue()


def png(width: int, height: int, depth: int = 8, colours: int = 2, rows: bytes = b"") -> bytes:
    """A PNG that says it has this size, with as many rows as are given."""

    def chunk(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    header = struct.pack(">IIBBBBB", width, height, depth, colours, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + chunk(b"IDAT", zlib.compress(rows))
        + chunk(b"IEND", b"")
    )


def jpeg(width: int, height: int, progressive: bool = False) -> bytes:
    """A JPEG that says it has this size, with the data of a small one."""
    content = encoded("JPEG", progressive=progressive)
    start = content.index(b"\xff\xc2" if progressive else b"\xff\xc0") + 5
    return content[:start] + struct.pack(">HH", height, width) + content[start + 4 :]


ORDINARY = [
    *(encoded("JPEG"), encoded("JPEG", "L"), encoded("JPEG", "CMYK"), encoded("JPEG", progressive=True)),
    *(encoded("PNG"), encoded("PNG", "P"), encoded("PNG", "LA"), encoded("PNG", "1"), encoded("PNG", "I;16")),
    *(encoded("BMP"), encoded("PPM"), encoded("WEBP"), encoded("WEBP", "RGBA", lossless=True)),
]
#: Under an image's name too; the first would start Ghostscript.
OTHERS = [
    b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n%%EndComments\n(ran) (w) file closefile\nshowpage\n",
    *(encoded(kind) for kind in ("GIF", "TIFF", "ICO", "PCX", "SGI", "TGA", "PDF", "DDS", "IM")),
    *(
        b"GIF89a" + b"\xff" * 20,
        b"<svg xmlns='x'/>",
        b"P6 99999999 99999999 255 ",
        b"qoif" + b"\xff" * 10,
        b"SIMPLE  =",
        b"",
    ),
]
SIDES = [1, 2, 1000, 20_000, 65_000, 65_535, 2**31 - 1]


@fuzz(2400)
@given(content=damaged(*ORDINARY))
def test_damaged_images(cases, content):
    cases.run(look_at, content)
    cases.run(decode_rgb, content, "some.png")
    cases.run(decode_pixels, content, "some.png", 1)
    cases.run(decode_pixels, content, "some.png", 4)
    cases.run(image_size, content, "some.png")


@fuzz(1200)
@given(
    content=damaged(
        *OTHERS, words=[b"%!PS", b"showpage\n", b"II*\x00", b"GIF89a", b"(ran) (w) file closefile\n"]
    )
)
def test_other_formats(cases, content):
    cases.run(look_at, content)
    cases.run(decode_rgb, content, "some.png")


@fuzz(300)
@given(
    width=st.one_of(st.sampled_from(SIDES), st.integers(1, 65_535)),
    height=st.one_of(st.sampled_from(SIDES), st.integers(1, 65_535)),
    kind=st.sampled_from(["png", "grey png", "jpeg", "progressive jpeg"]),
    shrink=st.sampled_from([1, 2, 8]),
)
def test_images_that_would_grow(cases, width, height, kind, shrink):
    """A header of a few bytes promises gigabytes."""
    if "jpeg" in kind:
        content = jpeg(min(width, 65_535), min(height, 65_535), "progressive" in kind)
    else:
        content = png(width, height, 1 if "grey" in kind else 8, 0 if "grey" in kind else 2, b"\x00" * 64)
    for function, arguments in ((decode_pixels, (shrink,)), (decode_rgb, ()), (image_size, ())):
        cases.run(function, content, "some.png", *arguments, memory=1 << 30)
    cases.run(look_at, content, memory=1 << 30)
