"""Cascade R-CNN (arXiv 1712.00726): proposals refined three times, each time for a stricter overlap."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from ..models.backbones import ResNet
from .assigner import Assigner
from .boxes import BoxCoder, full_precision
from .detector import Detector
from .fpn import FeaturePyramid
from .losses import smooth_l1
from .nms import Detections
from .roi_align import BINS, pool
from .rpn import STRIDES, RegionProposals
from .sampler import sample
from .transform import Batch, Size, Truths

#: The pyramid's coarsest level is for proposals only.
POOLED = 4
POSITIVE_SHARE = 0.25
BETA = 1.0


class Stage(NamedTuple):
    """What distinguishes a stage: the overlap it is for, the unit of its offsets, its weight in the loss."""

    overlap: float
    stds: tuple[float, float, float, float]
    weight: float

    @property
    def assigner(self) -> Assigner:
        return Assigner(self.overlap, self.overlap, self.overlap)

    @property
    def coder(self) -> BoxCoder:
        return BoxCoder(self.stds)


STAGES = (
    Stage(0.5, (0.1, 0.1, 0.2, 0.2), 1.0),
    Stage(0.6, (0.05, 0.05, 0.1, 0.1), 0.5),
    Stage(0.7, (0.033, 0.033, 0.067, 0.067), 0.25),
)


class BoxHead(nn.Module):
    """Pooled features (n, C, 7, 7) -> class scores (n, K + 1), background first, and offsets (n, 4)."""

    def __init__(self, channels: int, width: int, num_classes: int) -> None:
        super().__init__()
        self.hidden = nn.ModuleList([nn.Linear(channels * BINS**2, width), nn.Linear(width, width)])
        self.classes = nn.Linear(width, num_classes + 1)
        self.offsets = nn.Linear(width, 4)

    def forward(self, pooled: Tensor) -> tuple[Tensor, Tensor]:
        x = pooled.flatten(1)
        for layer in self.hidden:
            x = F.relu(layer(x), inplace=True)
        return self.classes(x), self.offsets(x)


class Sample(NamedTuple):
    """What a stage trains on in one image, positives first."""

    boxes: Tensor  #: (n, 4)
    labels: Tensor  #: (n,) 0 for background or the class from 1
    wanted: Tensor  #: offsets of the positives
    kept: Tensor  #: (n,) whether it goes on to the next stage, which truths do not


class CascadeRCNN(Detector):
    """Cascade R-CNN with the authors' stages, losses and inference."""

    def __init__(self, backbone: ResNet, name: str, num_classes: int, options: Mapping[str, Any]) -> None:
        super().__init__(backbone, name, num_classes, options)
        channels = options["channels"]
        self.neck = FeaturePyramid(backbone.widths, channels)
        self.rpn = RegionProposals(
            channels, options["anchor_scale"], options["proposals"], options["sampled_anchors"]
        )
        self.heads = nn.ModuleList(BoxHead(channels, options["head_width"], num_classes) for _ in STAGES)

    def pyramid(self, images: Tensor) -> list[Tensor]:
        return self.neck(self.backbone.features(images))

    def detect(self, batch: Batch) -> list[Detections]:
        levels = self.pyramid(batch.images)
        proposals = self.rpn.propose(self.rpn(levels), batch.sizes)
        return self.detections(levels, [boxes for boxes, _ in proposals], batch.sizes, batch.scales)

    def detections(
        self,
        levels: Sequence[Tensor],
        boxes: Sequence[Tensor],
        sizes: Sequence[Size],
        scales: Sequence[float],
    ) -> list[Detections]:
        """From proposals (n, 4) per image: the last boxes, with the mean of the stages' class scores."""
        pooled_levels, total = self.pooled_levels(levels), None
        for stage in range(len(STAGES)):
            logits, offsets = self.look(stage, pooled_levels, boxes)
            total = logits if total is None else total + logits
            boxes = self.refine(stage, boxes, offsets, sizes)
        assert total is not None
        scores = (total / len(STAGES)).softmax(dim=1)[:, 1:]
        by_image = scores.split([len(image) for image in boxes])
        return [self._select(b / scale, s) for b, s, scale in zip(boxes, by_image, scales, strict=True)]

    def pooled_levels(self, levels: Sequence[Tensor]) -> list[Tensor]:
        """The levels that boxes are read from, laid out for it once and not once per stage."""
        return [full_precision(level).contiguous() for level in levels[:POOLED]]

    def look(self, stage: int, levels: Sequence[Tensor], boxes: Sequence[Tensor]) -> tuple[Tensor, Tensor]:
        """Class scores (n, K + 1) and offsets (n, 4) that a stage gives the boxes of all images."""
        logits, offsets = self.heads[stage](pool(levels, STRIDES[:POOLED], boxes))
        return full_precision(logits), full_precision(offsets)

    @staticmethod
    def refine(stage: int, boxes: Sequence[Tensor], offsets: Tensor, sizes: Sequence[Size]) -> list[Tensor]:
        """Boxes (n, 4) per image after a stage, cut to the images."""
        by_image = offsets.split([len(image) for image in boxes])
        coder = STAGES[stage].coder
        return [coder.decode(b, o, size) for b, o, size in zip(boxes, by_image, sizes, strict=True)]

    def losses(self, batch: Batch, truths: Sequence[Truths]) -> dict[str, Tensor]:
        levels = self.pyramid(batch.images)
        maps = self.rpn(levels)
        losses = self.rpn.losses(maps, batch.sizes, truths)
        boxes = [proposals.boxes for proposals in self.rpn.propose(maps, batch.sizes)]
        pooled_levels = self.pooled_levels(levels)
        for number, stage in enumerate(STAGES):
            samples = [self._sample(stage, b, truth) for b, truth in zip(boxes, truths, strict=True)]
            boxes = [chosen.boxes for chosen in samples]
            logits, offsets = self.look(number, pooled_levels, boxes)
            labels, wanted = torch.cat([s.labels for s in samples]), torch.cat([s.wanted for s in samples])

            share = stage.weight / max(1, len(labels))
            loss_class = F.cross_entropy(logits, labels, reduction="sum")
            loss_box = smooth_l1(offsets[labels > 0], wanted, BETA)
            losses[f"loss_cls_{number + 1}"] = share * loss_class
            losses[f"loss_box_{number + 1}"] = share * loss_box

            refined = self.refine(number, boxes, offsets.detach(), batch.sizes)
            boxes = [box[chosen.kept] for box, chosen in zip(refined, samples, strict=True)]
        return losses

    @torch.no_grad()
    def _sample(self, stage: Stage, boxes: Tensor, truths: Truths) -> Sample:
        """The truths join the proposals, so that there is always something to find."""
        count = len(truths.boxes)
        assigned = stage.assigner(boxes, truths.boxes)
        assigned = torch.cat((torch.arange(1, count + 1, device=assigned.device), assigned))
        boxes = torch.cat((truths.boxes, boxes))
        positives, negatives = sample(assigned, self.model_options["sampled_rois"], POSITIVE_SHARE)
        chosen, matched = torch.cat((positives, negatives)), assigned[positives] - 1
        labels = assigned.new_zeros(len(chosen))
        labels[: len(positives)] = truths.labels[matched]
        wanted = stage.coder.encode(boxes[positives], truths.boxes[matched])
        return Sample(boxes[chosen], labels, wanted, chosen >= count)
