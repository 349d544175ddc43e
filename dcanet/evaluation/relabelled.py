"""correct.parquet: which images a model has right by other labels than those of the data set."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from ..errors import UserError
from ..files import atomic_path
from .rows import read_rows

#: The file's name, beside the metrics.json that has the share of the right ones.
FILE = "correct.parquet"
SCHEMA = pa.schema(
    [pa.field("image", pa.string(), nullable=False), pa.field("correct", pa.bool_(), nullable=False)],
    metadata={"schema_version": "1"},
)


@dataclass(frozen=True)
class Relabelled:
    """One entry per image that has a label; images without one are left out."""

    images: list[str]
    correct: np.ndarray  # (N,) bool
    labels_sha256: str
    """Of the file that the labels are from."""

    def save(self, path: Path) -> None:
        """Write atomically."""
        notes = {**SCHEMA.metadata, b"labels_sha256": self.labels_sha256.encode()}
        table = pa.table([self.images, self.correct.astype(bool)], schema=SCHEMA.with_metadata(notes))
        with atomic_path(path) as temporary:
            pq.write_table(table, temporary)

    @classmethod
    def load(cls, path: Path) -> "Relabelled":
        """Read and check; UserError names a file that is not whole or not ours."""
        table = read_rows(path, SCHEMA, "scores")
        labels = table.schema.metadata.get(b"labels_sha256")
        if labels is None:
            raise UserError(f"{path}: does not tell by which labels it was scored; evaluate again")
        return cls(
            images=table["image"].to_pylist(),
            correct=table["correct"].to_numpy(),
            labels_sha256=labels.decode(errors="replace"),
        )
