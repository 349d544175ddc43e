"""predictions.parquet: what a model said of every image."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from ..errors import UserError
from ..files import atomic_path
from .rows import read_rows

SCHEMA = pa.schema(
    [
        pa.field("image", pa.string(), nullable=False),
        pa.field("target", pa.int32(), nullable=False),
        pa.field("top5", pa.list_(pa.int32()), nullable=False),
        pa.field("top5_scores", pa.list_(pa.float32()), nullable=False),
        pa.field("loss", pa.float32(), nullable=False),
    ],
    metadata={"schema_version": "1"},
)


@dataclass(frozen=True)
class Predictions:
    """One entry per image: id, true class, the (up to) five best classes with probabilities, loss."""

    images: list[str]
    targets: np.ndarray  # (N,)
    top5: np.ndarray  # (N, min(5, classes)), best first
    scores: np.ndarray  # like top5
    losses: np.ndarray  # (N,), negative log-likelihood of the true class

    @classmethod
    def joined(cls, parts: Iterable["Predictions"], images: Sequence[str]) -> "Predictions":
        """All parts as one, in the order of `images`; RuntimeError unless each is there exactly once."""
        parts = list(parts)
        found = [image for part in parts for image in part.images]
        position = {image: index for index, image in enumerate(found)}
        missing = [image for image in images if image not in position]
        if missing or len(position) != len(found) or len(found) != len(images):
            twice = len(found) - len(position)
            raise RuntimeError(
                f"of {len(images)} images {len(missing)} were not evaluated and {twice} more than once"
            )
        order = [position[image] for image in images]
        return cls(
            images=list(images),
            targets=np.concatenate([part.targets for part in parts])[order],
            top5=np.concatenate([part.top5 for part in parts])[order],
            scores=np.concatenate([part.scores for part in parts])[order],
            losses=np.concatenate([part.losses for part in parts])[order],
        )

    @property
    def correct(self) -> np.ndarray:
        """(N,) whether the first guess is the true class."""
        right: np.ndarray = self.top5[:, 0] == self.targets
        return right

    @property
    def nll(self) -> float:
        """Mean negative log-likelihood of the true class."""
        return float(self.losses.mean(dtype=np.float64))

    def top_k_percent(self, k: int) -> float:
        """Share of images whose true class is among the k best, in percent."""
        hits = (self.top5[:, :k] == self.targets[:, None]).any(axis=1)
        return float(100 * hits.mean())

    def save(self, path: Path) -> None:
        """Write atomically."""
        table = pa.table(
            [
                self.images,
                self.targets.astype(np.int32),
                list(self.top5.astype(np.int32)),
                list(self.scores.astype(np.float32)),
                self.losses.astype(np.float32),
            ],
            schema=SCHEMA,
        )
        with atomic_path(path) as temporary:
            pq.write_table(table, temporary)

    @classmethod
    def load(cls, path: Path) -> "Predictions":
        """Read and check; UserError names a file that is not whole or not ours."""
        table = read_rows(path, SCHEMA, "predictions")
        if fault := _fault(table):
            raise UserError(f"{path}: {fault}; evaluate again")
        return cls(
            images=table["image"].to_pylist(),
            targets=table["target"].to_numpy(),
            top5=np.array(table["top5"].to_pylist()),
            scores=np.array(table["top5_scores"].to_pylist()),
            losses=table["loss"].to_numpy(),
        )


def _fault(table: pa.Table) -> str | None:
    """What no evaluation writes into a file of this form, in words."""
    if not table.num_rows:
        return "has no images"
    if pc.count_distinct(table["image"]).as_py() < table.num_rows:
        return "has an image twice"
    guesses, scores = (pc.list_value_length(table[name]) for name in ("top5", "top5_scores"))
    if len(pc.unique(guesses)) != 1 or guesses != scores or not 1 <= guesses[0].as_py() <= 5:
        return "has not the same number of guesses, 1 to 5, for every image"
    classes = [table["target"], pc.list_flatten(table["top5"])]
    if any(each.null_count or pc.min(each).as_py() < 0 for each in classes):
        return "has a class that is no number from 0 on"
    numbers = [table["loss"], pc.list_flatten(table["top5_scores"])]
    if any(each.null_count or not pc.all(pc.is_finite(each)).as_py() for each in numbers):
        return "has a loss or a probability that is not finite"
    return None
