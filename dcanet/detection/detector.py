"""What the detectors share: backbone, freezing, and the way from images to losses or detections."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from torch import Tensor, nn

from ..models.backbones import ResNet
from ..weights.mismatch import StateDictMismatch, difference
from .boxes import to_public
from .nms import Detections, select_detections
from .transform import Batch, Truths, padded, prepare, resized, truths_of


class Detector(nn.Module):
    """An object detector on a ResNet.

    The backbone's norms always use their running statistics. The stem and the first `frozen_stages` stages
    have no gradient.
    """

    neck: nn.Module

    def __init__(self, backbone: ResNet, name: str, num_classes: int, options: Mapping[str, Any]) -> None:
        super().__init__()
        self.model_name, self.model_options, self.num_classes = name, dict(options), num_classes
        del backbone.head
        self.backbone = backbone
        frozen = options["frozen_stages"]
        for part in (backbone.stem, *backbone.stages[:frozen]) if frozen else ():
            part.requires_grad_(False)
        self.train()

    def train(self, mode: bool = True) -> "Detector":
        """Set the mode of everything but the backbone's norms, which stay in evaluation mode."""
        super().train(mode)
        for module in self.backbone.modules():
            if isinstance(module, nn.BatchNorm2d):
                module.eval()
        return self

    def load_backbone(self, classifier_state: Mapping[str, Tensor]) -> None:
        """Load a classifier's weights, all but its head's, into the backbone.

        Raises:
            StateDictMismatch: keys or shapes that are not the backbone's; nothing is loaded then.
        """
        tensors = {key: value for key, value in classifier_state.items() if not key.startswith("head.")}
        misfit = difference(self.backbone, tensors)
        if any(misfit.values()):
            raise StateDictMismatch(f"the classifier's weights do not fit {self.model_name}", **misfit)
        self.backbone.load_state_dict(tensors)

    def forward(
        self, images: Sequence[Tensor], targets: Sequence[Mapping[str, Tensor]] | None = None
    ) -> dict[str, Tensor] | list[dict[str, Tensor]]:
        """Losses of a batch in training mode, detections in evaluation mode.

        Args:
            images: (3, H, W) each, RGB in the original size, on the model's device: uint8, or floating point
                from 0 to 1.
            targets: for training, per image `boxes` (m, 4) as (x1, y1, x2, y2) in pixels of the original
                image, x2 = x1 + width, and `labels` (m,) from 1 to num_classes; without crowds.

        Returns:
            In training mode, scalars whose sum is the loss. In evaluation mode, per image `boxes` (n, 4)
            float32 as above, `labels` (n,) int64 and `scores` (n,) float32. They do not depend on which
            other images are in the batch.

        Raises:
            ValueError: training without targets.
        """
        if not self.training:
            return self._detections(images)
        if targets is None:
            raise ValueError("a detector in training mode needs targets; call .eval() to detect")
        batch = self.prepare(images)
        return self.losses(batch, truths_of(targets, batch))

    def prepare(self, images: Sequence[Tensor]) -> Batch:
        """Images resized, normalised and padded together, in the type of the weights."""
        return prepare(images, self._short_side, self._long_side, next(self.neck.parameters()).dtype)

    def pyramid(self, images: Tensor) -> list[Tensor]:
        """Feature maps of prepared images (N, 3, H, W), finest first."""
        raise NotImplementedError

    def losses(self, batch: Batch, truths: Sequence[Truths]) -> dict[str, Tensor]:
        """Scalar losses of a prepared batch, whose sum is to be differentiated."""
        raise NotImplementedError

    def detect(self, batch: Batch) -> list[Detections]:
        """Detections of a prepared batch, in pixels of the original images and the "+1" convention."""
        raise NotImplementedError

    def _detections(self, images: Sequence[Tensor]) -> list[dict[str, Tensor]]:
        # Padding reaches attention's pooled features, so only images of the same padded size go together.
        alike = defaultdict(list)
        for index, image in enumerate(images):
            size, _ = resized((image.shape[1], image.shape[2]), self._short_side, self._long_side)
            alike[padded(size)].append(index)
        found: dict[int, dict[str, Tensor]] = {}
        for indices in alike.values():
            detected = self.detect(self.prepare([images[index] for index in indices]))
            for index, (boxes, scores, labels) in zip(indices, detected, strict=True):
                boxes = to_public(boxes).float()
                found[index] = {"boxes": boxes, "labels": labels, "scores": scores.float()}
        return [found[index] for index in range(len(images))]

    @property
    def _short_side(self) -> int:
        return self.model_options["short_side"]

    @property
    def _long_side(self) -> int:
        return self.model_options["long_side"]

    def _select(self, boxes: Tensor, scores: Tensor) -> Detections:
        """The published choice from (n, 4) boxes in original pixels with (n, K) scores."""
        options = self.model_options
        limits = (options["score_threshold"], options["nms_threshold"], options["detections_per_image"])
        return select_detections(boxes, scores, *limits)
