"""Accuracy of each class by itself."""

from collections.abc import Mapping

import numpy as np

from ..documents import ClassAccuracy
from .predictions import Predictions


def class_accuracies(predictions: Predictions, names: Mapping[int, str]) -> dict[str, ClassAccuracy]:
    """Images and top-1 of each class that has images, in the order of the names.

    Args:
        names: the class that each of a model's outputs stands for.
    """
    size = max(names) + 1
    images = np.bincount(predictions.targets, minlength=size)
    hits = np.bincount(predictions.targets, weights=predictions.correct, minlength=size)
    percent = 100 * hits / np.maximum(images, 1)
    return {
        name: ClassAccuracy(images=int(images[target]), top1_percent=float(percent[target]))
        for target, name in names.items()
        if images[target]
    }
