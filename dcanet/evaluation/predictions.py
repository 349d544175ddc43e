"""predictions.parquet: what a model said of every image."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from ..errors import UserError
from ..files import atomic_path

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
    losses: np.ndarray  # (N,)

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
        try:
            table = pq.read_table(path)
        except (OSError, pa.ArrowException) as error:
            raise UserError(f"{path}: not a readable predictions file ({error}); evaluate again") from error
        if not table.schema.equals(SCHEMA):
            raise UserError(f"{path}: not a predictions file of schema version 1; evaluate again")
        return cls(
            images=table["image"].to_pylist(),
            targets=table["target"].to_numpy(),
            top5=np.array(table["top5"].to_pylist()),
            scores=np.array(table["top5_scores"].to_pylist()),
            losses=table["loss"].to_numpy(),
        )
