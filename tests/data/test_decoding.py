"""From the bytes of an image file to RGB pixels, and what is said of broken ones."""

import contextlib
import io

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from dcanet.data import decoding
from dcanet.data.decoding import decode_pixels, decode_rgb, image_size
from dcanet.errors import UserError


def encoded(mode="RGB", size=(40, 30), kind="JPEG", **options):
    """A smooth random picture as the bytes of a file."""
    random = np.random.default_rng(0)
    coarse = Image.fromarray(random.integers(0, 256, (5, 6, 3), dtype=np.uint8))
    file = io.BytesIO()
    coarse.resize(size, Image.Resampling.BILINEAR).convert(mode).save(file, kind, **options)
    return file.getvalue()


@pytest.fixture(params=["fastest", "Pillow alone"])
def decoder(request, monkeypatch):
    if request.param == "Pillow alone":
        monkeypatch.setattr(decoding, "simplejpeg", None)


@pytest.mark.parametrize(
    ("mode", "kind"),
    [
        ("L", "PNG"),
        ("RGBA", "PNG"),
        ("P", "PNG"),
        ("1", "PNG"),
        ("CMYK", "JPEG"),
        ("L", "JPEG"),
        ("RGB", "WEBP"),
    ],
)
def test_every_mode_becomes_rgb(decoder, mode, kind):
    data = encoded(mode, kind=kind)
    image = decode_rgb(data, "x")
    assert (image.mode, image.size) == ("RGB", (40, 30))
    assert np.array_equal(decode_pixels(data, "x"), np.asarray(image))
    assert image_size(data, "x") == (40, 30)


@pytest.mark.parametrize("shrink", [1, 2, 4, 8])
@pytest.mark.parametrize("subsampling", ["4:4:4", "4:2:2", "4:2:0"])
@pytest.mark.parametrize("progressive", [False, True])
def test_both_decoders_give_the_same_pixels(monkeypatch, shrink, subsampling, progressive):
    for size in ((64, 48), (67, 45), (33, 101)):
        data = encoded(size=size, subsampling=subsampling, progressive=progressive, quality=92)
        fastest = decode_pixels(data, "x", shrink)
        assert fastest.shape == (-(-size[1] // shrink), -(-size[0] // shrink), 3)
        with monkeypatch.context() as without:
            without.setattr(decoding, "simplejpeg", None)
            assert np.array_equal(decode_pixels(data, "x", shrink), fastest)


def test_only_a_jpeg_is_decoded_smaller(decoder):
    assert decode_rgb(encoded(), "x", at_least=(20, 15)).size == (20, 15)
    assert decode_rgb(encoded(), "x", at_least=(21, 15)).size == (40, 30)
    assert decode_pixels(encoded(kind="PNG"), "x", shrink=4).shape == (30, 40, 3)


@pytest.mark.parametrize(
    "content", [b"", b"no image at all", b"\x89PNG\r\n\x1a\n" + b"\0" * 30, b"\xff\xd8\xff\xe0"]
)
@pytest.mark.parametrize("read", [decode_rgb, decode_pixels, image_size])
def test_corrupt_image_is_named(decoder, read, content):
    with pytest.raises(UserError, match=r"^cat/1\.png: not a readable image \(.+\); replace or remove it$"):
        read(content, "cat/1.png")


@given(share=st.floats(0, 1), kind=st.sampled_from(["JPEG", "PNG", "WEBP"]))
def test_truncated_image_is_named(share, kind):
    data = encoded(kind=kind)
    # A PNG's last 20 bytes are checksums and end marks, without which its pixels are complete.
    data = data[: int(share * (len(data) - (24 if kind == "PNG" else 1)))]
    for read in (decode_rgb, decode_pixels):
        with pytest.raises(UserError, match=r"^cat/1: not a readable image"):
            read(data, "cat/1")


@pytest.mark.filterwarnings("ignore::PIL.Image.DecompressionBombWarning")  # a damaged size
@given(
    kind=st.sampled_from(["JPEG", "PNG", "WEBP", "BMP", "PPM", "GIF"]),
    damage=st.lists(st.tuples(st.integers(0, 400), st.integers(0, 255)), min_size=1, max_size=5),
)
def test_damage_gives_an_image_or_a_user_error(kind, damage):
    data = bytearray(encoded(kind=kind, size=(12, 9)))
    for position, value in damage:
        data[position % len(data)] = value
    for read in (decode_rgb, decode_pixels):
        with contextlib.suppress(UserError):
            read(bytes(data), "x")


@pytest.mark.parametrize("progressive", [False, True])
@pytest.mark.parametrize("read", [decode_rgb, decode_pixels, image_size])
def test_a_header_that_promises_gigabytes(decoder, read, progressive):
    data = encoded(progressive=progressive)
    sides = data.index(b"\xff\xc2" if progressive else b"\xff\xc0") + 5
    huge = data[:sides] + b"\xfd\xe8\xfd\xe8" + data[sides + 4 :]
    with pytest.raises(UserError, match=r"x: not a readable image .*(65,000 x 65,000|4225000000) pixels"):
        read(huge, "x")


def test_no_format_that_starts_a_program():
    """Pillow hands EPS to Ghostscript."""
    postscript = b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n%%EndComments\nshowpage\n"
    for read in (decode_rgb, decode_pixels, image_size):
        with pytest.raises(UserError, match=r"no known image format"):
            read(postscript, "x")
