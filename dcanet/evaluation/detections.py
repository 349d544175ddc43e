"""detections.parquet: the boxes that a detector found."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import ArrayLike, NDArray

from ..errors import UserError
from ..files import atomic_path
from .rows import read_rows

if TYPE_CHECKING:
    from torch import Tensor

NUMBERS = ("x", "y", "w", "h", "score")
SCHEMA = pa.schema(
    [
        pa.field("image_id", pa.int64(), nullable=False),
        pa.field("category_id", pa.int32(), nullable=False),
        *(pa.field(name, pa.float64(), nullable=False) for name in NUMBERS),
    ],
    metadata={"schema_version": "1"},
)


@dataclass(frozen=True)
class Detections:
    """One entry per box, sorted by image, then by descending score; equal scores as they were given.

    Numbers are kept as they were given: rounding those of COCO's own check to float32 moves an IoU to the
    other side of a threshold, and AP from 50.46 to 50.41.
    """

    images: NDArray[np.int64]
    """(I,) rising ids of all images that were looked at, also of those where nothing was found."""
    image_ids: NDArray[np.int64]
    """(N,) the image of each box."""
    category_ids: NDArray[np.int32]
    """(N,) as the annotations name them; not the model's labels."""
    boxes: NDArray[np.float64]
    """(N, 4) x, y, width, height in pixels of the original image."""
    scores: NDArray[np.float64]
    """(N,)"""

    @classmethod
    def of(
        cls,
        images: ArrayLike,
        image_ids: ArrayLike,
        category_ids: ArrayLike,
        boxes: ArrayLike,
        scores: ArrayLike,
    ) -> "Detections":
        """Checked and sorted; UserError tells of a box that cannot be scored."""
        looked_at = np.unique(np.asarray(images, np.int64))
        owners = np.asarray(image_ids, np.int64)
        kinds = np.asarray(category_ids, np.int32)
        corners = np.asarray(boxes, np.float64).reshape(-1, 4)
        confidences = np.asarray(scores, np.float64)
        order = np.lexsort((-confidences, owners))
        found = cls(looked_at, owners[order], kinds[order], corners[order], confidences[order])
        found._check()
        return found

    def _check(self) -> None:
        numbers = np.column_stack([self.boxes, self.scores])
        for fault, wrong in (
            ("has a box or score that is not finite", ~np.isfinite(numbers).all(axis=1)),
            ("has a box with a negative side", (self.boxes[:, 2:] < 0).any(axis=1)),
            ("is not one of the images that were evaluated", ~np.isin(self.image_ids, self.images)),
        ):
            if wrong.any():
                raise UserError(f"image {self.image_ids[np.argmax(wrong)]} {fault}")

    @classmethod
    def from_model(
        cls,
        outputs: Sequence[Mapping[str, "Tensor"]],
        images: Sequence[int],
        categories: Sequence[int],
    ) -> "Detections":
        """What a detector says of some images.

        Args:
            outputs: per image boxes (n, 4) as x1, y1, x2, y2, labels (n,) from 1, scores (n,).
            images: their ids.
            categories: the id that each label stands for, label 1 first.

        Raises:
            UserError: a box or a score is not finite.
        """
        counts = [len(output["scores"]) for output in outputs]
        corners = _joined([output["boxes"] for output in outputs], (0, 4))
        labels = _joined([output["labels"] for output in outputs], (0,)).astype(np.int64)
        ids = np.asarray(categories, np.int64)
        return cls.of(
            images,
            np.repeat(np.asarray(images, np.int64), counts),
            ids[labels - 1],
            np.column_stack([corners[:, :2], corners[:, 2:] - corners[:, :2]]),
            _joined([output["scores"] for output in outputs], (0,)),
        )

    @classmethod
    def joined(cls, parts: Iterable["Detections"], images: Sequence[int]) -> "Detections":
        """All parts as one; RuntimeError unless each of `images` was looked at exactly once."""
        parts = list(parts)
        seen, times = np.unique([image for part in parts for image in part.images], return_counts=True)
        missing, more = len(np.setdiff1d(images, seen)), int((times - 1).sum())
        if missing or more or len(seen) != len(images):
            raise RuntimeError(
                f"of {len(images)} images {missing} were not evaluated and {more} more than once"
            )
        return cls.of(
            images,
            np.concatenate([part.image_ids for part in parts]),
            np.concatenate([part.category_ids for part in parts]),
            np.concatenate([part.boxes for part in parts]),
            np.concatenate([part.scores for part in parts]),
        )

    def only(self, images: ArrayLike) -> "Detections":
        """Those in these images."""
        chosen = np.unique(np.asarray(images, np.int64))
        part = self.rows(np.flatnonzero(np.isin(self.image_ids, chosen)))
        return replace(part, images=np.intersect1d(self.images, chosen))

    def rows(self, rows: NDArray[np.intp]) -> "Detections":
        """Some boxes, given by their rising places; of the same images."""
        return Detections(
            self.images, self.image_ids[rows], self.category_ids[rows], self.boxes[rows], self.scores[rows]
        )

    def save(self, path: Path) -> None:
        """Write atomically."""
        notes = {**SCHEMA.metadata, b"images": json.dumps(self.images.tolist()).encode()}
        columns = [self.image_ids, self.category_ids, *self.boxes.T, self.scores]
        table = pa.table(columns, schema=SCHEMA.with_metadata(notes))
        with atomic_path(path) as temporary:
            # Half the size of the defaults, for numbers that come from float32.
            pq.write_table(
                table,
                temporary,
                compression="zstd",
                use_dictionary=["image_id", "category_id"],
                use_byte_stream_split=list(NUMBERS),
            )

    @classmethod
    def load(cls, path: Path) -> "Detections":
        """Read and check; UserError names a file that is not whole or not ours."""
        table = read_rows(path, SCHEMA, "detections")
        try:
            return cls.of(
                json.loads(table.schema.metadata[b"images"]),
                table["image_id"].to_numpy(),
                table["category_id"].to_numpy(),
                np.column_stack([table[name].to_numpy() for name in NUMBERS[:4]]),
                table["score"].to_numpy(),
            )
        except (KeyError, ValueError, TypeError, OverflowError, RecursionError) as error:
            raise UserError(f"{path}: does not tell which images were evaluated; evaluate again") from error
        except UserError as error:
            raise UserError(f"{path}: {error}; evaluate again") from error

    def to_coco_json(self, path: Path) -> None:
        """Write them atomically as the official evaluation server takes them, all digits kept."""
        columns = (self.image_ids, self.category_ids, self.boxes, self.scores)
        with atomic_path(path) as temporary, open(temporary, "w", encoding="utf-8") as file:
            start = "["
            # As lists all at once and as text one by one: half a million dictionaries would take gigabytes.
            for image, category, box, score in zip(*(column.tolist() for column in columns), strict=True):
                entry = {"image_id": image, "category_id": category, "bbox": box, "score": score}
                file.write(f"{start}{json.dumps(entry)}")
                start = ",\n"
            file.write("]\n" if len(self.scores) else "[]\n")


def _joined(parts: Sequence["Tensor"], empty: tuple[int, ...]) -> NDArray[np.float64]:
    arrays = [part.detach().cpu().double().numpy() for part in parts]
    return np.concatenate(arrays) if arrays else np.zeros(empty)
