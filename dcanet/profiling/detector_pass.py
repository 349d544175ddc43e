"""What of a detector is counted: its modules, run once on an image of the published size."""

from torch import Tensor, nn

from ..detection.cascade import CascadeRCNN
from ..detection.detector import Detector
from ..detection.retinanet import RetinaNet
from ..detection.roi_align import BINS


class DetectorPass(nn.Module):
    """Backbone, neck and heads of a detector: all that its modules compute of one prepared image.

    What is between and after them depends on the image, or is no layer: choosing and decoding boxes,
    suppression, RoIAlign. Box heads get as many boxes as there are proposals at most.
    """

    def __init__(self, detector: Detector) -> None:
        super().__init__()
        self.detector = detector
        self.model_name = detector.model_name

    @property
    def note(self) -> str:
        """What is assumed and left out, in words."""
        left_out = "decoding of boxes and suppression"
        if not isinstance(self.detector, CascadeRCNN):
            return f"without {left_out}"
        proposals = self.detector.model_options["proposals"]
        stages = len(self.detector.heads)
        return (
            f"box heads on {proposals:,} proposals in each of {stages} stages; without RoIAlign, {left_out}"
        )

    def inputs(self, height: int, width: int) -> tuple[Tensor, ...]:
        """An image, and the pooled features of all proposals where there are any; on the model's device."""
        like = next(self.parameters())
        image = like.new_empty(1, 3, height, width)
        if not isinstance(self.detector, CascadeRCNN):
            return (image,)
        options = self.detector.model_options
        return image, like.new_empty(options["proposals"], options["channels"], BINS, BINS)

    def forward(self, image: Tensor, pooled: Tensor | None = None) -> list[tuple[Tensor, Tensor]]:
        """Every pair of maps or vectors that the heads give."""
        levels = self.detector.pyramid(image)
        if isinstance(self.detector, RetinaNet):
            return list(self.detector.head(levels))
        assert isinstance(self.detector, CascadeRCNN)
        assert pooled is not None
        return [*self.detector.rpn(levels), *(head(pooled) for head in self.detector.heads)]
