"""RetinaNet (arXiv 1708.02002): classes and boxes of every anchor at once."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn

from ..models.backbones import ResNet
from .anchors import RATIOS, Anchors
from .assigner import IGNORED, Assigner
from .boxes import BoxCoder, full_precision
from .detector import Detector
from .fpn import FeaturePyramid
from .layers import ConvAct, per_anchor
from .losses import focal_loss, smooth_l1
from .nms import Detections
from .transform import Batch, Size, Truths, padded

STRIDES = (8, 16, 32, 64, 128)
#: Sides in anchor_scale strides.
OCTAVES = (1.0, 2 ** (1 / 3), 2 ** (2 / 3))
SHAPES = len(RATIOS) * len(OCTAVES)
BETA = 0.11

#: Class maps (N, shapes * K, H, W) and box maps (N, shapes * 4, H, W).
Maps = tuple[Tensor, Tensor]


class Goals(NamedTuple):
    """What the head is to say of an image's anchors."""

    labels: Tensor  #: (anchors,) IGNORED, 0 for background or the class from 1
    positives: Tensor  #: (n,) indices of the anchors with a class
    wanted: Tensor  #: (n, 4) their offsets


class RetinaHead(nn.Module):
    """Two towers of 3x3 convolutions, one for classes and one for boxes, shared by all levels."""

    def __init__(self, channels: int, depth: int, num_classes: int) -> None:
        super().__init__()
        self.class_tower = nn.Sequential(*(ConvAct(channels, channels) for _ in range(depth)))
        self.box_tower = nn.Sequential(*(ConvAct(channels, channels) for _ in range(depth)))
        self.classes = nn.Conv2d(channels, SHAPES * num_classes, 3, padding=1)
        self.offsets = nn.Conv2d(channels, SHAPES * 4, 3, padding=1)

    def forward(self, levels: Sequence[Tensor]) -> list[Maps]:
        return [(self.classes(self.class_tower(x)), self.offsets(self.box_tower(x))) for x in levels]


class RetinaNet(Detector):
    """RetinaNet with the authors' anchors, losses and inference."""

    coder = BoxCoder()
    assigner = Assigner(positive=0.5, negative=0.4, minimum=0.0)

    def __init__(self, backbone: ResNet, name: str, num_classes: int, options: Mapping[str, Any]) -> None:
        super().__init__(backbone, name, num_classes, options)
        channels = options["channels"]
        self.neck = FeaturePyramid(backbone.widths[1:], channels, convolutions_on_top=2)
        self.head = RetinaHead(channels, options["head_depth"], num_classes)
        scales = [options["anchor_scale"] * octave for octave in OCTAVES]
        self.anchors = [Anchors(stride, scales) for stride in STRIDES]

    def pyramid(self, images: Tensor) -> list[Tensor]:
        return self.neck(self.backbone.features(images)[1:])

    def detect(self, batch: Batch) -> list[Detections]:
        return self.detections(self.head(self.pyramid(batch.images)), batch.sizes, batch.scales)

    def detections(
        self, maps: Sequence[Maps], sizes: Sequence[Size], scales: Sequence[float]
    ) -> list[Detections]:
        """From the head's maps: the best anchors of every level, decoded, then the published choice."""
        levels = [
            (per_anchor(classes, self.num_classes), per_anchor(offsets, 4), classes.shape[3])
            for classes, offsets in maps
        ]
        found = []
        for image, (size, scale) in enumerate(zip(sizes, scales, strict=True)):
            candidates = [
                self._best(logits[image], offsets[image], anchors, width, size)
                for anchors, (logits, offsets, width) in zip(self.anchors, levels, strict=True)
            ]
            boxes, scores = (torch.cat(parts) for parts in zip(*candidates, strict=True))
            found.append(self._select(boxes / scale, scores))
        return found

    def _best(
        self, logits: Tensor, offsets: Tensor, anchors: Anchors, map_width: int, size: Size
    ) -> tuple[Tensor, Tensor]:
        """Boxes (n, 4) and scores (n, K) of a level's anchors with the highest scores."""
        # The sigmoid keeps the order, so it waits for the few that are chosen.
        count = min(self.model_options["candidates"], len(logits))
        chosen = logits.amax(dim=1).topk(count).indices
        offsets = full_precision(offsets[chosen])
        boxes = self.coder.decode(anchors.at(chosen, map_width, offsets.dtype), offsets, size)
        return boxes, full_precision(logits[chosen]).sigmoid()

    def losses(self, batch: Batch, truths: Sequence[Truths]) -> dict[str, Tensor]:
        return self.losses_of_maps(self.head(self.pyramid(batch.images)), batch.sizes, truths)

    def losses_of_maps(
        self, maps: Sequence[Maps], sizes: Sequence[Size], truths: Sequence[Truths]
    ) -> dict[str, Tensor]:
        """Focal loss of all anchors and smooth L1 of the positive ones, over the number of positives."""
        offsets = torch.cat([full_precision(per_anchor(boxes, 4)) for _, boxes in maps], dim=1)
        shapes = [(classes.shape[2], classes.shape[3]) for classes, _ in maps]
        goals = self._goals(shapes, sizes, truths, offsets)
        divisor = sum(max(1, len(goal.positives)) for goal in goals)

        counts = [height * width * SHAPES for height, width in shapes]
        labels = torch.stack([goal.labels for goal in goals]).split(counts, dim=1)
        loss_class = offsets.new_zeros(())
        for (classes, _), level in zip(maps, labels, strict=True):
            logits = full_precision(per_anchor(classes, self.num_classes))
            loss_class = loss_class + focal_loss(logits.flatten(0, 1), level.flatten())
        found = torch.cat([image[goal.positives] for image, goal in zip(offsets, goals, strict=True)])
        loss_box = smooth_l1(found, torch.cat([goal.wanted for goal in goals]), BETA)
        return {"loss_cls": loss_class / divisor, "loss_box": loss_box / divisor}

    @torch.no_grad()
    def _goals(
        self, shapes: Sequence[Size], sizes: Sequence[Size], truths: Sequence[Truths], like: Tensor
    ) -> list[Goals]:
        """Of every image, in the type and on the device of `like`."""
        levels = list(zip(self.anchors, shapes, strict=True))
        anchors = torch.cat([a.grid(*shape, like.dtype, like.device) for a, shape in levels])
        goals = []
        for size, truth in zip(sizes, truths, strict=True):
            # Cells that only a larger image of the batch reaches take no part.
            within = torch.cat([a.within(*shape, padded(size), like.device) for a, shape in levels])
            present = within.nonzero().flatten()
            assigned = self.assigner(anchors[present], truth.boxes)
            positives, matched = present[assigned > 0], assigned[assigned > 0] - 1
            labels = torch.full((len(anchors),), IGNORED, device=like.device)
            labels[present] = assigned
            labels[positives] = truth.labels[matched]
            wanted = self.coder.encode(anchors[positives], truth.boxes[matched])
            goals.append(Goals(labels, positives, wanted))
        return goals
