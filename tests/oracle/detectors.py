"""What the authors' six detectors of Table 2 are and compute (README.md)."""

import functools
import gzip
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from dcanet.models import TRIPLES
from dcanet.weights.translation import translate

from . import fill

HERE = Path(__file__).parent

FACTS: dict[str, dict[str, Any]] = json.loads(gzip.decompress((HERE / "detectors.json.gz").read_bytes()))

#: The evaluated image and the two of the training step: shapes, sizes before padding, scales.
EVALUATED, SIZES, SCALES = (1, 3, 256, 320), [(250, 309)], [1.6]
TRAINED, TRAINED_SIZES, TRAINED_SCALES = (2, 3, 256, 320), [(250, 309), (256, 300)], [1.6, 2.0]
#: Boxes in pixels of the resized images, x2 and y2 being the last column and row, and labels.
TRUTHS = [
    (
        [
            [12.5, 20.25, 100.75, 140.0],
            [150.0, 30.5, 300.25, 200.0],
            [200.5, 100.0, 230.0, 125.5],
            [5.0, 180.0, 60.0, 240.0],
            [100.0, 100.0, 180.0, 170.0],
        ],
        [1, 17, 44, 80, 3],
    ),
    ([[30.0, 40.0, 250.0, 230.0], [10.0, 10.0, 26.0, 30.5], [220.0, 150.0, 290.0, 250.0]], [62, 2, 18]),
]


@dataclass(frozen=True)
class DetectorForm:
    """One detector under the name of its results."""

    name: str

    def __str__(self) -> str:
        return self.model

    @property
    def facts(self) -> dict[str, Any]:
        return FACTS[self.name]

    @property
    def shapes(self) -> dict[str, list[int]]:
        """The authors' keys in their order -> shapes."""
        return {key: shape for key, shape, _ in self.facts["state_dict"]}

    @property
    def roles(self) -> dict[str, str]:
        """The authors' keys -> "trained", "frozen" or "buffer"."""
        return {key: role for key, _, role in self.facts["state_dict"]}

    @property
    def kind(self) -> str:
        return "retinanet" if self.name.startswith("retina") else "cascade_rcnn"

    @property
    def backbone(self) -> str:
        return self.name.split("_", 1)[1]

    @property
    def model(self) -> str:
        """This project's id."""
        return f"{self.kind}_{self.backbone}"

    def ours(self, key: str) -> str:
        """This project's name of one of the authors' keys."""
        backbone, attention, _ = TRIPLES[self.backbone]
        return translate(key, backbone, attention, self.kind)

    def filled(self) -> dict[str, torch.Tensor]:
        """The state dict that the stored results were computed with."""
        norm_var, scale = self.facts["fill_norm_var"], self.facts["fill_scale"]
        return {
            key: torch.from_numpy(fill.tensor(key, shape, norm_var, scale))
            for key, shape in self.shapes.items()
        }

    def empty(self, prefix: str = "", device: str = "meta") -> dict[str, torch.Tensor]:
        """A state dict of zeros, without memory for what looks at keys, shapes and types only."""
        return {
            prefix + key: torch.zeros(
                shape, dtype=torch.int64 if key.endswith("tracked") else torch.float32, device=device
            )
            for key, shape in self.shapes.items()
        }

    def result(self, what: str) -> NDArray:
        """A stored result; compare large ones with `thin`."""
        return _stored()[f"{self.name}/{what}"]


def thin(values: NDArray) -> NDArray:
    """Large arrays as they are stored: about 300 values, a prime number apart."""
    if values.size <= 1200:
        return values
    step = max(7, values.size // 300)
    while any(step % divisor == 0 for divisor in range(2, int(step**0.5) + 1)):
        step += 1
    return values.reshape(-1)[::step]


def units() -> Any:
    """Inputs and results of single parts."""
    return np.load(HERE / "detection_units.npz")


@functools.cache
def _stored() -> Any:
    return np.load(HERE / "detection.npz")


DETECTOR_FORMS = [DetectorForm(name) for name in FACTS]
