"""The losses of dense and of sampled candidates, summed; dividing is the caller's."""

from torch import Tensor
from torch.nn import functional as F

from .assigner import IGNORED

#: Focal loss (arXiv 1708.02002, eq. 5).
ALPHA = 0.25


def focal_terms(wrong: Tensor) -> Tensor:
    """(1 - p)^2 * -log(p) where p is the probability of what is right, from logits of what is wrong."""
    return wrong.sigmoid().square() * F.softplus(wrong)


def focal_loss(logits: Tensor, labels: Tensor) -> Tensor:
    """Sum of the sigmoid focal losses (gamma 2) of (n, K) logits.

    `labels` (n,) are IGNORED, 0 for background or the class from 1. Nearly all of the n K terms are of wrong
    classes, so the right ones are only turned round and weighted anew.
    """
    rows = (labels > 0).nonzero().flatten()
    right = (rows, labels[rows] - 1)
    terms = focal_terms(logits.index_put(right, -logits[right]))
    counted = (labels != IGNORED).to(terms.dtype)
    return (1 - ALPHA) * (terms.sum(dim=1) * counted).sum() + (2 * ALPHA - 1) * terms[right].sum()


def smooth_l1(offsets: Tensor, wanted: Tensor, beta: float) -> Tensor:
    """Sum of smooth L1 losses, quadratic below `beta` (Fast R-CNN, arXiv 1504.08083, eq. 3)."""
    return F.smooth_l1_loss(offsets, wanted, beta=beta, reduction="sum")
