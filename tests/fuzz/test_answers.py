"""The Parquet files of evaluations: damaged ones, and whole ones with what does not belong there."""

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from damage import damaged
from fuzzing import fuzz
from hypothesis import given
from hypothesis import strategies as st

from dcanet.evaluation import detections, predictions, relabelled

ROWS = 3


def content_of(table: pa.Table) -> bytes:
    sink = pa.BufferOutputStream()
    pq.write_table(table, sink)
    return sink.getvalue().to_pybytes()


def used(load, path) -> None:
    """Load a file and take its numbers, as statistics and reports do."""
    found = load(path)
    if isinstance(found, predictions.Predictions):
        assert len(found.images) == len(found.targets) == len(found.losses) == len(found.top5) > 0
        assert found.correct.shape == found.targets.shape
        assert found.scores.shape == found.top5.shape
        assert 0 <= found.top_k_percent(1) <= found.top_k_percent(5) <= 100
        assert np.isfinite(found.nll)
    elif isinstance(found, detections.Detections):
        found.only(found.images[:1])
    else:
        assert len(found.images) == len(found.correct)


KINDS = {
    "predictions": (
        predictions.SCHEMA,
        predictions.Predictions.load,
        {
            "image": ["a/0.png", "a/1.png", "b/0.png"],
            "target": [0, 0, 1],
            "top5": [[0, 1], [1, 0], [1, 0]],
            "top5_scores": [[0.9, 0.1], [0.6, 0.4], [0.7, 0.3]],
            "loss": [0.1, 0.9, 0.4],
        },
    ),
    "detections": (
        detections.SCHEMA.with_metadata({**detections.SCHEMA.metadata, b"images": b"[7, 9]"}),
        detections.Detections.load,
        {
            "image_id": [7, 7, 9],
            "category_id": [1, 3, 1],
            **{name: [1.0, 2.5, 3.0] for name in ("x", "y", "w", "h")},
            "score": [0.9, 0.2, 0.5],
        },
    ),
    "scores": (
        relabelled.SCHEMA.with_metadata({**relabelled.SCHEMA.metadata, b"labels_sha256": b"0" * 64}),
        relabelled.Relabelled.load,
        {"image": ["a", "b", "c"], "correct": [True, False, True]},
    ),
}
FILES = {name: content_of(pa.table(columns, schema=schema)) for name, (schema, _, columns) in KINDS.items()}


@pytest.mark.parametrize("kind", KINDS)
@fuzz(1200)
@given(data=st.data())
def test_damaged_files(cases, kind, data):
    content = data.draw(damaged(FILES[kind]))
    cases.run(used, KINDS[kind][1], cases.file(f"{kind}.parquet", content))


NUMBERS = [0, 1, -1, 2**31 - 1, 0.5, float("nan"), float("inf"), -1.0, 1e300, None]
ODD = {
    pa.string(): st.sampled_from(["a/0.png", "", "../x", "<script>", "é", None, "a/0.png"]),
    pa.int32(): st.sampled_from([0, 1, -1, 2**31 - 1, None]),
    pa.int64(): st.sampled_from([7, 9, -1, 2**63 - 1, None]),
    pa.float64(): st.sampled_from(NUMBERS),
    pa.float32(): st.sampled_from([float(number) for number in NUMBERS if number is not None] + [None]),
    pa.bool_(): st.sampled_from([True, False, None]),
}


@st.composite
def odd_tables(draw: st.DrawFn, kind: str) -> bytes:
    """A whole file in which one or two columns have other values, other types, or are not there."""
    schema, _, columns = KINDS[kind]
    count = draw(st.sampled_from([0, 1, ROWS, ROWS]))
    arrays = {field.name: pa.array(columns[field.name][:count], field.type) for field in schema}
    fields = {field.name: field for field in schema}
    for _ in range(draw(st.integers(1, 2))):
        name = draw(st.sampled_from(schema.names))
        type_ = draw(
            st.one_of(
                st.just(schema.field(name).type), st.sampled_from([*ODD, pa.binary(), pa.list_(pa.int64())])
            )
        )
        if pa.types.is_list(type_):
            values = draw(
                st.lists(
                    st.one_of(st.none(), st.lists(ODD[pa.int32()], max_size=6)),
                    min_size=count,
                    max_size=count,
                )
            )
            if pa.types.is_floating(type_.value_type):
                values = [
                    None if each is None else [None if one is None else float(one) for one in each]
                    for each in values
                ]
        elif type_ in ODD:
            values = draw(st.lists(ODD[type_], min_size=count, max_size=count))
        else:
            values = [b"\xff"] * count
        arrays[name], fields[name] = pa.array(values, type_, from_pandas=False), pa.field(name, type_)
        if draw(st.booleans()):
            # Files may say that there are no nulls where there are some.
            fields[name] = fields[name].with_nullable(bool(arrays[name].null_count))
    metadata = dict(schema.metadata)
    if b"images" in metadata:
        metadata[b"images"] = draw(
            st.sampled_from(
                [
                    b"[7, 9]",
                    b"[]",
                    b"[7",
                    b"{}",
                    b"[1e999]",
                    b"[[7], [9]]",
                    b'["7"]',
                    b"[" * 5000,
                    b"[99999999999999999999]",
                    b"null",
                    b"\xff",
                ]
            )
        )
    if draw(st.integers(0, 9)) == 0:
        metadata[b"schema_version"] = draw(st.sampled_from([b"2", b"", b"\xff"]))
    table = pa.Table.from_arrays(
        list(arrays.values()), schema=pa.schema(list(fields.values()), metadata=metadata)
    )
    return content_of(table)


@pytest.mark.parametrize("kind", KINDS)
@fuzz(800)
@given(data=st.data())
def test_odd_tables(cases, kind, data):
    cases.run(used, KINDS[kind][1], cases.file(f"{kind}.parquet", data.draw(odd_tables(kind))))
