"""From a PIL image to a normalised tensor."""

from collections.abc import Callable

from PIL import Image
from torch import Tensor
from torchvision import transforms
from torchvision.transforms import InterpolationMode

from .settings import Augmentation, Preprocessing

Transform = Callable[[Image.Image], Tensor]

#: Mean and standard deviation of ImageNet's RGB values on the 0..1 scale.
MEAN, STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)


def evaluation_transform(settings: Preprocessing) -> Transform:
    """Resize, centre crop, normalise."""
    return _compose(
        transforms.Resize(settings.resize, InterpolationMode.BILINEAR),
        transforms.CenterCrop(settings.crop),
    )


def training_transform(settings: Augmentation) -> Transform:
    """Random resized crop, random flip, normalise."""
    return _compose(
        transforms.RandomResizedCrop(
            settings.size, settings.area, settings.aspect, InterpolationMode.BILINEAR
        ),
        transforms.RandomHorizontalFlip(settings.flip),
    )


def _compose(*steps: Callable[[Image.Image], Image.Image]) -> Transform:
    return transforms.Compose([*steps, transforms.ToTensor(), transforms.Normalize(MEAN, STD)])
