"""What the authors' 29 models and the 6 forms that give printed costs are and compute (README.md)."""

import functools
import gzip
import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from dcanet.models import TRIPLES, create
from dcanet.models.backbones import Classifier
from dcanet.weights.translation import translate

from . import fill

HERE = Path(__file__).parent
EVALUATED = {"64x64": (2, 3, 64, 64), "224x224": (2, 3, 224, 224)}
TRAINED = (4, 3, 64, 64)

FACTS: dict[str, dict[str, Any]] = json.loads((HERE / "facts.json").read_text())
SHAPES: dict[str, dict[str, list[int]]] = json.loads(
    gzip.decompress((HERE / "state_dicts.json.gz").read_bytes())
)

#: The authors' Mnas models with reduction 16, which stand in no row of Table 1.
OPTIONS = {"dca_se_mnasnet1_0": {"reduction": 16}, "dca_cbam_mnasnet1_0": {"reduction": 16}}


@dataclass(frozen=True)
class Form:
    """One network under the authors' name; `_table` ends the names of those that give printed costs."""

    name: str

    def __str__(self) -> str:
        return self.name

    @property
    def facts(self) -> dict[str, Any]:
        """Counts, norms, dropout, initialisation and parameters that no gradient reaches."""
        return FACTS[self.name]

    @property
    def shapes(self) -> dict[str, list[int]]:
        """The authors' keys in their order -> shapes."""
        return SHAPES[self.name]

    @property
    def parameter_keys(self) -> list[str]:
        return [key for key in self.shapes if not re.search(r"\.(running_\w+|num_batches_tracked)$", key)]

    @property
    def statistics_keys(self) -> list[str]:
        return [key for key in self.shapes if re.search(r"\.running_\w+$", key)]

    @property
    def model(self) -> str:
        """This project's id."""
        name = self.name.removeprefix("old_").removesuffix("_table").removesuffix("r8")
        return name.replace("sk2_", "sk_").replace("getheta_", "ge_")

    @property
    def variant(self) -> str:
        return "printed" if self.name.endswith("_table") else "released"

    @property
    def options(self) -> dict[str, Any]:
        """Options on top of the variant's."""
        return OPTIONS.get(self.name, {})

    def build(self, num_classes: int = 1000) -> Classifier:
        return create(self.model, num_classes, form=self.variant, **self.options)

    def ours(self, key: str) -> str:
        """This project's name of one of the authors' keys."""
        backbone, attention, _ = TRIPLES[self.model]
        return translate(key, backbone, attention)

    def filled(self) -> dict[str, torch.Tensor]:
        """The state dict that the stored results were computed with."""
        norm_var = self.facts["fill_norm_var"]
        return {
            key: torch.from_numpy(fill.tensor(key, shape, norm_var)) for key, shape in self.shapes.items()
        }

    def empty(self, prefix: str = "", dtype: torch.dtype = torch.float32) -> dict[str, torch.Tensor]:
        """A state dict without memory, for what looks at keys, shapes and types only."""
        with torch.device("meta"):
            return {
                prefix + key: torch.empty(shape, dtype=torch.int64 if key.endswith("tracked") else dtype)
                for key, shape in self.shapes.items()
            }

    def logits(self, size: str) -> NDArray[np.float64]:
        """Of `fill.images(*EVALUATED[size])`, in evaluation mode and float64."""
        return _stored(f"logits_{size}.npz")[self.name]

    def train_step(self, what: str) -> NDArray[np.float64]:
        """`loss`, norms of the `gradients` (NaN: none) or of the `statistics` of one float64 step."""
        return _stored("train_step.npz")[f"{self.name}/{what}"]


@functools.cache
def _stored(file: str) -> Any:
    return np.load(HERE / file)


FORMS = [Form(name) for name in FACTS]
