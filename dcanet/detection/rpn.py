"""Region proposals (Faster R-CNN, arXiv 1506.01497, section 3.1): boxes that may hold an object."""

from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from .anchors import RATIOS, Anchors
from .assigner import Assigner
from .boxes import BoxCoder, full_precision
from .layers import ConvAct, per_anchor
from .losses import smooth_l1
from .nms import nms
from .sampler import sample
from .transform import Size, Truths

STRIDES = (4, 8, 16, 32, 64)
NMS_THRESHOLD = 0.7
POSITIVE_SHARE = 0.5
BETA = 1 / 9

#: Object maps (N, shapes, H, W) and box maps (N, shapes * 4, H, W).
Maps = tuple[Tensor, Tensor]


class Proposals(NamedTuple):
    """Boxes (n, 4) in pixels of the resized image and scores (n,), best first."""

    boxes: Tensor
    scores: Tensor


class RegionProposals(nn.Module):
    """The head, its proposals and its losses.

    Args:
        proposals: kept per level before and after suppression, and over all levels.
        sampled_anchors: of an image in the losses.
    """

    coder = BoxCoder()
    assigner = Assigner(positive=0.7, negative=0.3, minimum=0.3)

    def __init__(self, channels: int, anchor_scale: int, proposals: int, sampled_anchors: int) -> None:
        super().__init__()
        self.conv = ConvAct(channels, channels)
        self.objects = nn.Conv2d(channels, len(RATIOS), 1)
        self.offsets = nn.Conv2d(channels, len(RATIOS) * 4, 1)
        self.anchors = [Anchors(stride, [anchor_scale]) for stride in STRIDES]
        self.proposals, self.sampled_anchors = proposals, sampled_anchors

    def forward(self, levels: Sequence[Tensor]) -> list[Maps]:
        shared = [self.conv(x) for x in levels]
        return [(self.objects(x), self.offsets(x)) for x in shared]

    @torch.no_grad()
    def propose(self, maps: Sequence[Maps], sizes: Sequence[Size]) -> list[Proposals]:
        """The best boxes of every image, suppressed within each level, not across levels."""
        levels = [
            (per_anchor(objects, 1)[..., 0], per_anchor(offsets, 4), objects.shape[3])
            for objects, offsets in maps
        ]
        found = []
        for image, size in enumerate(sizes):
            candidates = [
                self._best(objects[image], offsets[image], anchors, width, size)
                for anchors, (objects, offsets, width) in zip(self.anchors, levels, strict=True)
            ]
            boxes, scores = (torch.cat(parts) for parts in zip(*candidates, strict=True))
            best = scores.topk(min(self.proposals, len(scores))).indices
            found.append(Proposals(boxes[best], scores[best]))
        return found

    def _best(
        self, logits: Tensor, offsets: Tensor, anchors: Anchors, map_width: int, size: Size
    ) -> Proposals:
        chosen = logits.topk(min(self.proposals, len(logits))).indices
        offsets, scores = full_precision(offsets[chosen]), full_precision(logits[chosen]).sigmoid()
        boxes = self.coder.decode(anchors.at(chosen, map_width, offsets.dtype), offsets, size)
        kept = nms(boxes, scores, NMS_THRESHOLD)
        return Proposals(boxes[kept], scores[kept])

    def losses(
        self, maps: Sequence[Maps], sizes: Sequence[Size], truths: Sequence[Truths]
    ) -> dict[str, Tensor]:
        """Cross entropy of sampled anchors and smooth L1 of the positive ones, over the number sampled."""
        objects = torch.cat([full_precision(per_anchor(objects, 1)) for objects, _ in maps], dim=1)[..., 0]
        offsets = torch.cat([full_precision(per_anchor(boxes, 4)) for _, boxes in maps], dim=1)
        grids = [
            anchors.grid(level.shape[2], level.shape[3], offsets.dtype, offsets.device)
            for anchors, (level, _) in zip(self.anchors, maps, strict=True)
        ]
        anchors = torch.cat(grids)
        loss_objects, loss_box, sampled = offsets.new_zeros(()), offsets.new_zeros(()), 0
        for image, (size, truth) in enumerate(zip(sizes, truths, strict=True)):
            inside = _inside(anchors, size)
            assigned = self.assigner(anchors[inside], truth.boxes)
            positives, negatives = sample(assigned, self.sampled_anchors, POSITIVE_SHARE)
            positive, negative = inside[positives], inside[negatives]
            wanted = self.coder.encode(anchors[positive], truth.boxes[assigned[positives] - 1])
            logits = objects[image]
            loss_objects = loss_objects + F.softplus(-logits[positive]).sum()
            loss_objects = loss_objects + F.softplus(logits[negative]).sum()
            loss_box = loss_box + smooth_l1(offsets[image][positive], wanted, BETA)
            sampled += len(positive) + len(negative)
        divisor = max(1, sampled)
        return {"loss_rpn_cls": loss_objects / divisor, "loss_rpn_box": loss_box / divisor}


def _inside(anchors: Tensor, size: Size) -> Tensor:
    """Indices of the anchors that do not leave the image."""
    height, width = size
    x1, y1, x2, y2 = anchors.unbind(1)
    return ((x1 >= 0) & (y1 >= 0) & (x2 < width) & (y2 < height)).nonzero().flatten()
