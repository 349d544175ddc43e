"""Parameters and multiply-adds of an experiment's networks, built as published."""

from typing import Any

import torch
from tqdm import tqdm

from .. import models
from ..detection import forms as detectors
from ..errors import UserError
from ..profile_documents import Costs, ModelCosts, Uncounted
from .macs import count_macs
from .parts import count_parameters

#: The published networks are ImageNet's and COCO's.
IMAGENET_CLASSES, COCO_CLASSES = 1000, 80
#: Height and width of what detectors are counted on, in pixels: the published limits.
DETECTOR_SIDES = detectors.SHARED["short_side"], detectors.SHARED["long_side"]


def measure_costs(networks: dict[str, dict[str, Any]], image_size: int, keep_going: bool = False) -> Costs:
    """Costs of classifiers and detectors (id -> options).

    Classifiers take square images of `image_size` pixels, detectors the published ones whatever it is.

    Raises:
        UserError: a network cannot be counted; with `keep_going` the reason stands in its place.
    """
    costs: dict[str, ModelCosts | Uncounted] = {}
    for name, options in tqdm(networks.items(), desc="count", unit="model", leave=False, disable=None):
        sides = DETECTOR_SIDES if detectors.is_detector(name) else (image_size, image_size)
        try:
            costs[name] = model_costs(name, options, *sides)
        except UserError as error:
            if not keep_going:
                raise
            costs[name] = Uncounted(reason=error.line())
    return Costs(models=costs)


def model_costs(name: str, options: dict[str, Any], height: int, width: int) -> ModelCosts:
    """Parameters, and multiply-adds of one image (pixels) in evaluation mode; nothing is computed for it.

    A detector pads the image to multiples of its step. Of a detector's options only its backbone's count: the
    others, by which a demonstration is made small, are as published.

    Raises:
        UserError: the network takes no image of that size, or cannot be traced.
        ValueError: unknown name or option.
    """
    if min(height, width) < 1:
        raise UserError(f"{name}: an image has at least 1 x 1 pixels, not {height} x {width}")
    if detectors.is_detector(name):
        return _detector_costs(name, options, height, width)
    try:
        for side in (height, width):
            models.check_image_size(name, side)
        # Without memory: counting needs shapes only.
        with torch.device("meta"):
            classifier = models.assemble(name, IMAGENET_CLASSES, **options).eval()
            image = torch.empty(1, 3, height, width)
    except ValueError as error:
        raise UserError(str(error)) from error
    return ModelCosts(
        options=classifier.model_options,
        height=height,
        width=width,
        classes=IMAGENET_CLASSES,
        parameters=count_parameters(classifier),
        macs=count_macs(classifier, (image,)),
    )


def _detector_costs(name: str, options: dict[str, Any], height: int, width: int) -> ModelCosts:
    # torchvision's operations take their time to import.
    from ..detection import assemble
    from ..detection.transform import padded
    from .detector_pass import DetectorPass

    counted_height, counted_width = padded((height, width))
    with torch.device("meta"):
        detector = assemble(name, COCO_CLASSES, **detectors.backbone_options(name, options)).eval()
    counted = DetectorPass(detector)
    return ModelCosts(
        options=detector.model_options,
        height=counted_height,
        width=counted_width,
        classes=COCO_CLASSES,
        parameters=count_parameters(detector),
        macs=count_macs(counted, counted.inputs(counted_height, counted_width)),
        note=f"{height} x {width} pixels, padded to {counted_height} x {counted_width}; {counted.note}",
    )
