"""Random crops: where they lie, how they are resized, and what a JPEG's scaled decoding changes."""

import io

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from pydantic import ValidationError
from scipy.stats import ks_2samp, kstest
from sklearn.datasets import load_sample_image

from dcanet.data.augmentation import inside, resize, shrink_for, training_transform
from dcanet.data.decoding import decode_pixels
from dcanet.data.order import image_random
from dcanet.data.sampling import Crop, sample_crop
from dcanet.data.settings import Augmentation

SAMPLERS = ("dali", "torchvision")


@pytest.fixture(scope="module")
def photo():
    return Image.fromarray(load_sample_image("flower.jpg"))


@pytest.fixture(scope="module")
def jpeg(photo):
    file = io.BytesIO()
    photo.save(file, "JPEG", quality=92)
    return file.getvalue()


def crops(settings, width, height, count=2000):
    return [sample_crop(width, height, settings, image_random(0, 0, index)) for index in range(count)]


def test_ranges_are_the_samplers():
    assert (Augmentation(size=8).area, Augmentation(size=8).aspect) == ((0.1, 1.0), (0.8, 1.25))
    torchvisions = Augmentation(size=8, sampler="torchvision")
    assert (torchvisions.area, torchvisions.aspect) == ((0.08, 1.0), (0.75, 4 / 3))
    assert Augmentation(size=8, sampler="torchvision", area=(0.5, 1)).area == (0.5, 1)


@pytest.mark.parametrize(
    "wrong",
    [{"area": (0.5, 0.2)}, {"area": (0, 1)}, {"area": (0.1, 1.5)}, {"aspect": (2, 1)}, {"sampler": "x"}],
)
def test_impossible_ranges_are_refused(wrong):
    with pytest.raises(ValidationError, match=next(iter(wrong))):
        Augmentation(size=8, **wrong)


@given(
    width=st.integers(1, 400),
    height=st.integers(1, 400),
    sampler=st.sampled_from(SAMPLERS),
    least=st.floats(0.01, 1),
    seed=st.integers(0, 2**63),
)
def test_a_crop_lies_inside_the_image(width, height, sampler, least, seed):
    settings = Augmentation(size=8, sampler=sampler, area=(least, 1))
    crop = sample_crop(width, height, settings, image_random(seed, 0, 0))
    assert crop.left >= 0
    assert crop.top >= 0
    assert 1 <= crop.width <= width - crop.left
    assert 1 <= crop.height <= height - crop.top


def test_areas_aspects_and_places_of_a_square_image():
    """Where nearly every attempt fits, the draws are those that the docstring tells of."""
    settings = Augmentation(size=8, area=(0.1, 0.6))
    drawn = crops(settings, 2000, 2000)
    areas = [crop.width * crop.height / 2000**2 for crop in drawn]
    assert kstest(areas, "uniform", (0.1, 0.5)).pvalue > 0.01
    logs = [np.log(crop.width / crop.height) for crop in drawn]
    assert kstest(logs, "uniform", (np.log(0.8), np.log(1.25 / 0.8))).pvalue > 0.01
    places = [crop.left / (2000 - crop.width) for crop in drawn] + [
        crop.top / (2000 - crop.height) for crop in drawn
    ]
    assert kstest(places, "uniform").pvalue > 0.01


def test_torchvisions_sampler_draws_as_torchvision():
    import torch
    from torchvision.transforms import RandomResizedCrop

    settings = Augmentation(size=8, sampler="torchvision")
    image = torch.empty(1, 300, 500)
    torch.manual_seed(0)
    theirs = [RandomResizedCrop.get_params(image, [0.08, 1.0], [3 / 4, 4 / 3]) for _ in range(2000)]
    ours = [(crop.top, crop.left, crop.height, crop.width) for crop in crops(settings, 500, 300)]
    for one, other in zip(zip(*ours, strict=True), zip(*theirs, strict=True), strict=True):
        assert ks_2samp(one, other).pvalue > 0.01


def test_dalis_crops_keep_to_their_aspect_after_rounding():
    for crop in crops(Augmentation(size=8), 11, 9, count=500):
        assert 0.8 <= crop.width / crop.height <= 1.25


@pytest.mark.parametrize(("width", "height", "sides"), [(1000, 20, (25, 20)), (20, 1000, (20, 25))])
def test_hopelessly_long_images(width, height, sides):
    """No allowed crop is large enough: the largest, anywhere (DALI) or central (torchvision)."""
    dalis = crops(Augmentation(size=8), width, height, count=50)
    assert {(crop.width, crop.height) for crop in dalis} == {sides}
    assert len({(crop.left, crop.top) for crop in dalis}) > 20
    central = crops(Augmentation(size=8, sampler="torchvision", aspect=(0.8, 1.25)), width, height, count=50)
    assert set(central) == {Crop((width - sides[0]) // 2, (height - sides[1]) // 2, *sides)}


def test_dalis_last_resort_keeps_to_the_largest_area():
    """No whole sides up to 3 have such an aspect: the largest crop, 3 x 2, is shrunk to half the image."""
    drawn = crops(Augmentation(size=8, area=(0.1, 0.5), aspect=(1.1, 1.2)), 3, 3, count=20)
    assert {(crop.width, crop.height) for crop in drawn} == {(2, 1)}


@given(
    width=st.integers(1, 300),
    height=st.integers(1, 300),
    size=st.integers(1, 128),
    flip=st.booleans(),
)
def test_resizing_is_pils_to_one_level(width, height, size, flip):
    noise = np.random.default_rng(width).integers(0, 256, (height, width, 3), dtype=np.uint8)
    expected = Image.fromarray(noise).resize((size, size), Image.Resampling.BILINEAR)
    if flip:
        expected = expected.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
    assert np.abs(resize(noise, size, flip).astype(int) - np.asarray(expected)).max() <= 1


def test_resizing_a_photo_is_pils_nearly_everywhere(photo):
    crop = photo.crop((100, 50, 430, 370))
    expected = np.asarray(crop.resize((224, 224), Image.Resampling.BILINEAR)).astype(int)
    assert np.abs(resize(np.array(crop), 224, False) - expected).mean() < 0.002


def test_the_same_generator_gives_the_same_pixels(jpeg):
    transform = training_transform(Augmentation(size=64))
    one, again, other = (transform(jpeg, "x", image_random(3, epoch, 5)) for epoch in (1, 1, 2))
    assert (one.shape, one.dtype) == ((64, 64, 3), np.uint8)
    assert np.array_equal(one, again)
    assert not np.array_equal(one, other)


def test_half_of_the_images_are_mirrored(photo, jpeg):
    whole = {"area": (1.0, 1.0), "aspect": (640 / 427, 640 / 427)}
    transform = training_transform(Augmentation(size=16, **whole))
    images = [transform(jpeg, "x", image_random(0, 0, index)) for index in range(60)]
    mirrored = sum(np.array_equal(image, images[0][:, ::-1]) for image in images)
    assert mirrored + sum(np.array_equal(image, images[0]) for image in images) == 60
    assert 15 < mirrored < 45
    never = training_transform(Augmentation(size=16, flip=0, **whole))
    expected = np.asarray(photo.resize((16, 16), Image.Resampling.BILINEAR)).astype(int)
    assert np.abs(never(jpeg, "x", image_random(0, 0, 0)) - expected).mean() < 2


def test_a_crop_is_decoded_smaller_only_where_two_pixels_are_left_for_one():
    assert shrink_for(Crop(0, 0, 500, 375), 224) == 1
    assert [shrink_for(Crop(0, 0, side, side), 32) for side in (127, 128, 255, 256, 512, 4000)] == [
        1, 2, 2, 4, 8, 8,
    ]  # fmt: skip


def test_scaled_decoding_moves_pixels_no_more_than_one_pixel_of_shift(jpeg):
    """The mean absolute difference of a scaled decode, against that of a crop moved by one pixel."""
    full = decode_pixels(jpeg, "x")
    scaled, moved = [], []
    for crop in crops(Augmentation(size=64), 640, 427, count=60):
        shrink = shrink_for(crop, 64)
        if shrink == 1 or crop.left + crop.width == 640 or crop.top + crop.height == 427:
            continue
        exact = resize(full[inside(full, crop, 640, 427)], 64, False).astype(int)
        small = decode_pixels(jpeg, "x", shrink)
        scaled.append(np.abs(resize(small[inside(small, crop, 640, 427)], 64, False) - exact).mean())
        neighbour = crop._replace(left=crop.left + 1, top=crop.top + 1)
        moved.append(np.abs(resize(full[inside(full, neighbour, 640, 427)], 64, False) - exact).mean())
    assert len(scaled) > 20
    assert np.mean(scaled) < np.mean(moved)


def test_images_of_other_formats_are_cropped_at_full_size(photo):
    file = io.BytesIO()
    photo.save(file, "PNG")
    transform = training_transform(Augmentation(size=32, area=(1.0, 1.0), aspect=(1.4, 1.6), flip=0))
    expected = np.asarray(photo.resize((32, 32), Image.Resampling.BILINEAR)).astype(int)
    assert np.abs(transform(file.getvalue(), "x", image_random(0, 0, 0)) - expected).mean() < 2
