"""Encoded images in a column of Arrow or Parquet files, as Hugging Face's library writes them."""

import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from numpy.typing import NDArray

from ..errors import UserError

#: Share of the machine's memory that the images of Parquet files may take; they are compressed in blocks of
#: many images, from which single ones cannot be read.
MOST_MEMORY = 0.5


class ArrowImages:
    """Images by file and row; see `Storage`.

    Arrow files are mapped into memory, Parquet files are read into it, once in each process.
    """

    def __init__(
        self, files: Sequence[Path], column: str, file: NDArray[np.int64], row: NDArray[np.int64]
    ) -> None:
        self.files, self.column, self.file, self.row = [Path(path) for path in files], column, file, row
        self._images: dict[int, pa.ChunkedArray] = {}

    def read(self, index: int) -> bytes:
        file = int(self.file[index])
        images = self._images.get(file)
        if images is None:
            images = encoded(read_column(self.files[file], self.column))
            self._images[file] = images
        data: bytes | None = images[int(self.row[index])].as_py()
        if data is None:
            raise UserError(f"{self.where(index)}: image is missing")
        return data

    def where(self, index: int) -> str:
        return f"{self.files[self.file[index]]}: row {self.row[index]}"

    def take(self, positions: Sequence[int]) -> "ArrowImages":
        chosen = np.asarray(positions, dtype=np.int64)
        return ArrowImages(self.files, self.column, self.file[chosen], self.row[chosen])

    def content(self) -> str:
        return ""

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "_images": {}}


def read_schema(path: Path) -> pa.Schema:
    """Of an Arrow stream or a Parquet file; UserError when it is neither."""
    with _Whole(path):
        if path.suffix == ".parquet":
            schema = pq.read_schema(path)
        else:
            with pa.memory_map(str(path)) as source:
                schema = pa.ipc.open_stream(source).schema
        for field in schema:
            _ = field.name, str(field.type)  # names are decoded when they are asked for
        return schema


def read_column(path: Path, column: str) -> pa.ChunkedArray:
    """One column of a file; UserError when the file is not whole."""
    with _Whole(path):
        if path.suffix == ".parquet":
            return pq.read_table(path, columns=[column])[column]
        # Not closed: the column lies in it.
        found = pa.ipc.open_stream(pa.memory_map(str(path))).read_all()[column]
        found.validate(full=True)  # else a broken file's offsets lead anywhere in memory
        return found


def encoded(images: pa.ChunkedArray) -> pa.ChunkedArray:
    """The files' bytes of a column of images, which also has their paths or not."""
    return pc.struct_field(images, "bytes") if pa.types.is_struct(images.type) else images


def refuse_beyond_memory(files: Sequence[Path], column: str) -> None:
    """UserError where the images of Parquet files would take too much of the memory."""
    parquet = [path for path in files if path.suffix == ".parquet"]
    size = sum(sum(_column_sizes(path, column)) for path in parquet)
    if size > MOST_MEMORY * _memory():
        raise UserError(
            f"{parquet[0].parent}: its images take {size / 2**30:,.0f} GiB, which is more than half of the "
            "memory, and Parquet cannot be read in place; save the data set by the library's save_to_disk "
            "and name that folder"
        )


def _column_sizes(path: Path, column: str) -> Iterator[int]:
    with _Whole(path):
        metadata = pq.read_metadata(path)
        for group in range(metadata.num_row_groups):
            found = metadata.row_group(group)
            for place in range(found.num_columns):
                chunk = found.column(place)
                if chunk.path_in_schema.split(".")[0] == column:
                    yield chunk.total_uncompressed_size


def _memory() -> int:
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")


class _Whole:
    """Tells of a file that pyarrow cannot read."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: Any, error: BaseException | None, trace: Any) -> None:
        if isinstance(error, OSError | pa.ArrowException | UnicodeDecodeError):
            reason = " ".join(str(error).split())
            raise UserError(
                f"{self.path}: not a whole {self.path.suffix[1:]} file ({reason}); fetch it again (in a git "
                "clone: git lfs pull)"
            ) from error
