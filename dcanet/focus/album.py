"""Pictures of what networks look at."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from ..data.imagenet import wnids
from ..data.loader import Images
from ..data.split import Split
from ..focus_documents import SeenBy, SeenImage
from ..report.box_drawing import data_uri
from ..report.heat_drawing import heat_strip, small
from .watch import Watched


@dataclass(frozen=True)
class Album:
    """The images that are drawn."""

    images: Images
    split: Split
    places: list[int]
    names: Callable[[int], str]

    def pixels(self, place: int) -> Image.Image:
        """As the networks are shown it."""
        return Image.fromarray(self.images[0, place][0].numpy())

    def originals(self) -> dict[str, str]:
        """The images themselves by their ids."""
        return {self.split.images[place]: data_uri(small(self.pixels(place))) for place in self.places}

    def seen(self, place: int, sides: Sequence[Watched], row: int) -> SeenImage:
        """An image in the row of what both networks, baseline first, see of it."""
        baseline, connected = (self._by(place, side, row) for side in sides)
        return SeenImage(
            image=self.split.images[place],
            label=self.split.classes[self.split.targets[place]],
            baseline=baseline,
            connected=connected,
        )

    def _by(self, place: int, side: Watched, row: int) -> SeenBy:
        centres = [place_of(centre) for centre in side.centres[:, row]]
        maps = [None if heat.size == 1 else heat for heat in side.heat[place]]
        return SeenBy(
            strip=data_uri(heat_strip(self.pixels(place), maps, centres)),
            answer=self.names(int(side.answers[row])),
            confidence=round(float(side.confidences[row]), 4),
            centres=centres,
        )


def names_of(outputs: Sequence[int], classes: Sequence[str], number: int) -> Callable[[int], str]:
    """What outputs are called: as the data's folders, and what they lack of ImageNet's by wnid."""
    known = dict(zip(outputs, classes, strict=True))
    others = wnids() if number > len(classes) else []
    return lambda answer: known[answer] if answer in known else others[answer]


def place_of(centre: NDArray[np.float64]) -> tuple[float, float] | None:
    """A centre as it is stored; None where there is none."""
    x, y = (round(float(share), 4) for share in centre)
    return None if np.isnan(x) or np.isnan(y) else (x, y)
