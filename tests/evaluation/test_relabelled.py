"""correct.parquet: written and read, and refused where it is not whole or not ours."""

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from dcanet.errors import UserError
from dcanet.evaluation.relabelled import SCHEMA, Relabelled


def test_read_as_written(tmp_path):
    path = tmp_path / "correct.parquet"
    Relabelled(["b/1", "a/2"], np.array([True, False]), "0" * 64).save(path)
    found = Relabelled.load(path)
    assert (found.images, found.correct.tolist(), found.labels_sha256) == (
        ["b/1", "a/2"],
        [True, False],
        "0" * 64,
    )


@pytest.mark.parametrize(
    ("notes", "message"),
    [
        ({}, "not a scores file of schema version 1; evaluate again"),
        ({"schema_version": "2", "labels_sha256": "0"}, "not a scores file of schema version 1"),
        ({"schema_version": "1"}, "does not tell by which labels it was scored; evaluate again"),
    ],
)
def test_notes_that_are_missing(tmp_path, notes, message):
    path = tmp_path / "correct.parquet"
    pq.write_table(pa.table([["a"], [True]], schema=SCHEMA.with_metadata(notes)), path)
    with pytest.raises(UserError, match=f"correct.parquet: {message}"):
        Relabelled.load(path)


def test_no_file_and_no_parquet(tmp_path):
    path = tmp_path / "correct.parquet"
    with pytest.raises(UserError, match=r"correct.parquet: not a readable scores file"):
        Relabelled.load(path)
    path.write_text("no parquet")
    with pytest.raises(UserError, match=r"correct.parquet: not a readable scores file"):
        Relabelled.load(path)
