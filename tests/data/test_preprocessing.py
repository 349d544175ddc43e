"""The evaluation's preprocessing is torchvision's, bit for bit."""

import io
import subprocess
import sys

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from torchvision import transforms

from dcanet.data.preprocessing import MEAN, STD, evaluation_transform, normalise
from dcanet.data.settings import Preprocessing

RANDOM = np.random.default_rng(0)


def png(pixels: Image.Image, kind: str = "PNG") -> bytes:
    file = io.BytesIO()
    pixels.save(file, kind)
    return file.getvalue()


def torchvisions(resize: int, crop: int) -> transforms.Compose:
    return transforms.Compose(
        [
            transforms.Resize(resize, transforms.InterpolationMode.BILINEAR),
            transforms.CenterCrop(crop),
            transforms.ToTensor(),
            transforms.Normalize(MEAN, STD),
        ]
    )


@settings(max_examples=200)
@given(
    width=st.integers(1, 90),
    height=st.integers(1, 90),
    mode=st.sampled_from(["RGB", "L", "CMYK", "RGBA", "P"]),
    resize=st.integers(1, 60),
    crop=st.integers(1, 60),
)
def test_pixels_are_torchvisions(width, height, mode, resize, crop):
    noise = Image.fromarray(RANDOM.integers(0, 256, (height, width, 3), dtype=np.uint8)).convert(mode)
    data = png(noise, "TIFF" if mode == "CMYK" else "PNG")
    pixels = evaluation_transform(Preprocessing(resize=resize, crop=crop))(data, "x", RANDOM)
    assert (pixels.dtype, pixels.shape) == (np.uint8, (crop, crop, 3))
    with Image.open(io.BytesIO(data)) as image:
        expected = torchvisions(resize, crop)(image.convert("RGB"))
    assert torch.equal(normalise(torch.from_numpy(pixels)[None])[0], expected)


def test_a_photo_at_imagenets_sizes():
    from sklearn.datasets import load_sample_image

    photo = Image.fromarray(load_sample_image("china.jpg"))
    for image in (photo, photo.transpose(Image.Transpose.ROTATE_90), photo.resize((500, 375))):
        pixels = evaluation_transform(Preprocessing())(png(image), "x", RANDOM)
        expected = torchvisions(256, 224)(image)
        assert torch.equal(normalise(torch.from_numpy(pixels)[None])[0], expected)


def test_the_id_names_filter_and_sizes():
    assert Preprocessing().id == "pil-resize256-crop224"
    assert Preprocessing(resize=64, crop=56).id == "pil-resize64-crop56"


def test_normalised_batches_are_channels_last():
    images = torch.from_numpy(RANDOM.integers(0, 256, (3, 5, 7, 3), dtype=np.uint8))
    batch = normalise(images)
    assert (batch.shape, batch.dtype) == ((3, 3, 5, 7), torch.float32)
    assert batch.is_contiguous(memory_format=torch.channels_last)
    assert torch.equal(normalise(images[:, ::2, ::2]), batch[:, :, ::2, ::2])


def test_normalising_into_an_earlier_result():
    first, second = (torch.from_numpy(RANDOM.integers(0, 256, (2, 6, 6, 3), dtype=np.uint8)) for _ in "ab")
    expected, memory = normalise(second), normalise(first)
    assert normalise(second, out=memory) is memory
    assert torch.equal(memory, expected)
    assert normalise(second[:1], out=memory).shape == (1, 3, 6, 6)


@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")
def test_a_gpu_normalises_as_the_cpu_does():
    images = torch.arange(256, dtype=torch.uint8).repeat(3).reshape(1, 16, 16, 3)
    assert torch.equal(normalise(images.cuda()).cpu(), normalise(images))


def test_loading_images_does_not_import_torchvision():
    code = "import sys, dcanet.data.loader, dcanet.data.augmentation; sys.exit('torchvision' in sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True)
