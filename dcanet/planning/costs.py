"""Parameters and MACs of a network: counted ones where there are some, else published or closed ones."""

import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..profile_documents import Costs, ModelCosts
from ..sheets import Classifier
from .detector_layers import WIDTHS, detector_layers, padded

#: Side and classes that the sheet's costs are of.
SIDE, CLASSES = 224, 1000
#: COCO's categories.
CATEGORIES = 80


@dataclass(frozen=True)
class Cost:
    """Parameters, and multiply-adds of one image in the forward pass, training and looking."""

    parameters: int
    training_macs: float
    macs: float
    counted: bool  #: by `dcanet profile costs`


def read_costs(path: Path) -> dict[str, ModelCosts]:
    """The networks that were counted; none where nothing was. UserError for a file that cannot be read."""
    if not path.is_file():
        return {}
    found = Costs.load(path).models
    return {name: costs for name, costs in found.items() if isinstance(costs, ModelCosts)}


def classifier_cost(row: Classifier, counted: ModelCosts | None, training_side: int, side: int) -> Cost:
    """A classifier at the sides, in pixels, that it is trained and evaluated at: MACs follow the area."""
    if counted:
        parameters, per_pixel = counted.parameters.total, _macs(counted) / (counted.height * counted.width)
    else:
        assert row.published_params_mega is not None
        assert row.published_macs_giga is not None
        parameters = round(row.published_params_mega * 1e6)
        per_pixel = row.published_macs_giga * 1e9 / SIDE**2
    return Cost(parameters, per_pixel * training_side**2, per_pixel * side**2, counted is not None)


def detector_cost(
    name: str,
    options: dict[str, Any],
    backbone: Classifier,
    counted: ModelCosts | None,
    counted_backbone: ModelCosts | None,
) -> Cost:
    """A detector at the largest image that it sees, its backbone as a classifier less the last layer.

    `options` are all of its options. What was counted is of the forward pass; in training fewer boxes are
    looked at.
    """
    height, width = options["short_side"], options["long_side"]
    training, looking = (
        detector_layers(name, options, CATEGORIES, height, width, training) for training in (True, False)
    )
    fewer = sum(layer.macs for layer in looking) - sum(layer.macs for layer in training)
    # What a demonstration makes small is counted as published.
    if counted and counted.options == options:
        macs = float(_macs(counted))
        return Cost(counted.parameters.total, macs - fewer, macs, True)
    features = classifier_cost(backbone, counted_backbone, SIDE, SIDE)
    head = WIDTHS[-1] * CLASSES
    area = math.prod(padded(height, width)) / SIDE**2
    macs = (features.macs - head) * area + sum(layer.macs for layer in looking)
    parameters = features.parameters - head - CLASSES + sum(layer.parameters for layer in looking)
    return Cost(parameters, macs - fewer, macs, features.counted)


def _macs(counted: ModelCosts) -> int:
    """Convolutions and linear layers: what a peak in operations per second is about."""
    return counted.macs["conv_linear"].total
