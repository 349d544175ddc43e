"""Non-maximum suppression in the "+1" convention, and the choice of an image's detections."""

from typing import NamedTuple

import torch
from torch import Tensor
from torchvision import ops

from .boxes import to_public

#: Candidates looked at first, as a multiple of the wanted detections, and how that grows if they are too few.
FIRST_SHARE, GROWTH = 20, 8


class Detections(NamedTuple):
    """Boxes (n, 4), scores (n,) and labels (n,), 1 for the first class."""

    boxes: Tensor
    scores: Tensor
    labels: Tensor


def nms(boxes: Tensor, scores: Tensor, threshold: float) -> Tensor:
    """Indices of the boxes that no better one overlaps by an IoU above the threshold, best first.

    torchvision measures widths as x2 - x1, so a pixel is added to the far corners.
    """
    return ops.nms(to_public(boxes), scores, threshold)


def select_detections(
    boxes: Tensor, scores: Tensor, score_threshold: float, nms_threshold: float, limit: int
) -> Detections:
    """The detections of one image: above the score threshold, suppressed per class, the best `limit`.

    Args:
        boxes: (n, 4), shared by the classes.
        scores: (n, K) of the K classes without background.

    Returns:
        By descending score where there were more than `limit`, otherwise class by class.
    """
    labels, rows = (scores > score_threshold).T.nonzero().unbind(1)  # class by class
    candidates = scores[rows, labels]
    ranks = candidates.argsort(descending=True, stable=True)
    share = FIRST_SHARE * limit
    while True:
        # What a better candidate does to a worse one never depends on those that are worse than both. So
        # when the best candidates alone leave enough, the others cannot be among the best `limit`.
        ahead = ranks[:share]
        kept = ahead[_nms_per_class(boxes[rows[ahead]], candidates[ahead], labels[ahead], nms_threshold)]
        if len(kept) > limit:
            kept = kept[candidates[kept].argsort(descending=True, stable=True)[:limit]]
            break
        if share >= len(ranks):
            break
        share *= GROWTH
    return Detections(boxes[rows[kept]], candidates[kept], labels[kept] + 1)


def _nms_per_class(boxes: Tensor, scores: Tensor, labels: Tensor, threshold: float) -> Tensor:
    """Indices of what remains, class by class and best first within each."""
    if len(boxes) == 0:
        return labels
    # A GPU is quicker with one large call than with many; a CPU, which compares all pairs, is not.
    way = nms_together if boxes.is_cuda else nms_in_turn
    return way(boxes, scores, labels, threshold)


def nms_in_turn(boxes: Tensor, scores: Tensor, labels: Tensor, threshold: float) -> Tensor:
    """One call for each class."""
    groups = labels.argsort(stable=True).split(torch.bincount(labels).tolist())
    return torch.cat([group[nms(boxes[group], scores[group], threshold)] for group in groups if len(group)])


def nms_together(boxes: Tensor, scores: Tensor, labels: Tensor, threshold: float) -> Tensor:
    """One call for all classes, moved so far apart that none overlap; float64 has the digits for it."""
    apart = labels * (boxes.max() - boxes.min() + 2).ceil().double()
    kept = nms(boxes.double() + apart[:, None], scores.double(), threshold)
    return kept[labels[kept].argsort(stable=True)]
