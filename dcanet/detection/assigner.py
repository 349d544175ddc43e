"""Which ground truth an anchor or proposal is to find (Faster R-CNN, arXiv 1506.01497, section 3.1.2)."""

from dataclasses import dataclass

import torch
from torch import Tensor

from .boxes import iou

IGNORED, BACKGROUND = -1, 0


@dataclass(frozen=True)
class Assigner:
    """By the largest IoU: from `positive` on a truth, below `negative` background, between ignored.

    Every truth also gets the candidates that overlap it most, if they do by at least `minimum`; of several
    truths that claim a candidate so, the last gets it.
    """

    positive: float
    negative: float
    minimum: float

    def __call__(self, candidates: Tensor, truths: Tensor) -> Tensor:
        """(n,) for (n, 4) candidates and (m, 4) truths: IGNORED, BACKGROUND or the truth's number from 1."""
        assigned = torch.full((len(candidates),), IGNORED, device=candidates.device)
        if len(truths) == 0:
            return assigned.fill_(BACKGROUND)
        if len(candidates) == 0:
            return assigned
        overlaps = iou(candidates, truths)

        largest, nearest = overlaps.max(dim=1)
        assigned[largest < self.negative] = BACKGROUND
        assigned = torch.where(largest >= self.positive, nearest + 1, assigned)

        most = overlaps.amax(dim=0)
        claimed = (overlaps == most) & (most >= self.minimum)
        numbers = torch.arange(1, len(truths) + 1, dtype=torch.int32, device=candidates.device)
        last = (claimed * numbers).amax(dim=1)
        return torch.where(last > 0, last.long(), assigned)
