"""What a network looks at in some images, stage by stage."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from tqdm import tqdm

from ..data.loader import Images
from ..data.preprocessing import normalise
from ..device import place
from ..models import Classifier
from .drift import centres, overlaps, upsampled
from .grad_cam import grad_cam
from .stages import stages_of

#: Pixels per batch, those of eight images of 224 x 224, and most images of one.
PIXELS, MOST = 8 * 224 * 224, 64


@dataclass(frozen=True)
class Watched:
    """One network on N images."""

    blocks: list[str]
    """Paths of the stages' last blocks."""
    sizes: list[tuple[int, int]]
    """Height and width of each stage's map."""
    centres: NDArray[np.float64]
    """(stages, N, 2) x and y in shares of the image's sides; NaN of a map without heat or of 1 x 1."""
    overlaps: NDArray[np.float64]
    """(stages - 1, N) of each stage's map with the next one's; NaN where either has no centre."""
    answers: NDArray[np.int64]
    confidences: NDArray[np.float32]
    heat: dict[int, list[NDArray[np.float32]]]
    """The maps of the images that were to be kept, by their places in the data set."""

    @property
    def shifts(self) -> NDArray[np.float64]:
        """(stages - 1, N) way of the centre from each stage to the next, in shares of the image's side."""
        shifts: NDArray[np.float64] = np.linalg.norm(np.diff(self.centres, axis=0), axis=2)
        return shifts


def watch(
    model: Classifier,
    images: Images,
    places: Sequence[int],
    kept: Collection[int],
    device: torch.device,
    of_answers: bool = False,
) -> Watched:
    """Grad-CAM of the images at these places, for their true classes or for the network's own answers.

    Raises:
        UserError: an image that cannot be read.
    """
    model = place(model.eval().requires_grad_(False), device, channels_last=True)
    stages = stages_of(model)
    height, width, _ = images[0, places[0]][0].shape
    size = max(1, min(MOST, PIXELS // (height * width)))
    starts = range(0, len(places), size)
    parts, heat, sizes = [], {}, []
    for start in tqdm(starts, desc=model.model_name, unit="batch", leave=False, disable=None):
        indices = places[start : start + size]
        pixels, targets, _ = zip(*(images[0, index] for index in indices), strict=True)
        classes = None if of_answers else torch.tensor(targets, device=device)
        maps, logits = grad_cam(
            model, list(stages.values()), normalise(torch.stack(pixels).to(device)), classes
        )
        sizes = [(each.shape[1], each.shape[2]) for each in maps]
        best = logits.softmax(dim=1).max(dim=1)
        parts.append((*_measured(maps, (height, width)), best.indices, best.values))
        for row, index in enumerate(indices):
            if index in kept:
                heat[index] = [each[row].float().cpu().numpy() for each in maps]
    found, together, answers, confidences = (
        torch.cat(column, dim=-1).cpu().numpy() for column in zip(*parts, strict=True)
    )
    return Watched(list(stages), sizes, found.transpose(0, 2, 1), together, answers, confidences, heat)


def _measured(maps: Sequence[Tensor], size: tuple[int, int]) -> tuple[Tensor, Tensor]:
    """(stages, 2, N) centres and (stages - 1, N) overlaps."""
    drawn = [upsampled(found if found[0].numel() > 1 else found * torch.nan, size) for found in maps]
    return (
        torch.stack([centres(found).T for found in drawn]),
        torch.stack([overlaps(one, following) for one, following in pairwise(drawn)]),
    )
