"""Files that are cut, flipped, missing, swapped or stale are findings, never tracebacks."""

import json
import re
import shutil
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from making import DETECTORS, PAIR
from tampering import changed, put, sealed, verified

from dcanet.cli import main
from dcanet.evaluation.predictions import SCHEMA
from dcanet.files import sha256

RUN = f"results/tiny/classification/{PAIR[0]}/seed0"
OTHER_SEED = f"results/tiny/classification/{PAIR[0]}/seed1"
PARTNER = f"results/tiny/classification/{PAIR[1]}/seed0"
DETECTOR = f"results/tiny/detection/{DETECTORS[0]}/seed0"
#: One of every kind of file.
FILES = (
    f"{RUN}/train/model.safetensors",
    f"{RUN}/train/history.jsonl",
    f"{RUN}/train/provenance.json",
    f"{RUN}/eval/metrics.json",
    f"{RUN}/eval/predictions.parquet",
    f"{RUN}/eval/provenance.json",
    f"{RUN}/test-extra/metrics.json",
    f"{RUN}/test-extra/predictions.parquet",
    f"{DETECTOR}/eval/metrics.json",
    f"{DETECTOR}/eval/detections.parquet",
    f"{DETECTOR}/eval/bootstrap.json",
    f"results/tiny/detection/{DETECTORS[1]}/pictures.json",
    "results/tiny/statistics.json",
    "results/tiny/flips.json",
    "results/tiny/plan.json",
    "results/tiny/dataset.json",
    "results/tiny/coco.json",
    "results/tiny/focus/mobilenet_v2.json",
    "results/tiny/profile/costs.json",
    "results/tiny/profile/structures.json",
    f"results/tiny/profile/cpu/{PAIR[0]}.json",
)
#: Without these a run has not happened.
NEEDED = [
    file
    for file in FILES
    if re.search("/(train|eval|test-extra)/", file) and not file.endswith(".safetensors")
]


def problems_at(root: Path, file: str) -> list[str]:
    """Of this file alone."""
    return [str(problem) for problem in verified(root).problems if problem.file == file]


@pytest.mark.parametrize("file", FILES)
def test_a_cut_or_empty_file(made, file):
    path = made / file
    content = path.read_bytes()
    with changed(path):
        for kept in (0, 2 * len(content) // 3):
            put(path, content[:kept])
            assert problems_at(made, file), kept


@pytest.mark.parametrize("file", NEEDED)
def test_a_missing_file(made, file):
    with changed(made / file):
        (made / file).unlink()
        assert any(Path(file).name in problem for problem in map(str, verified(made).problems))


def test_missing_weights(made, monkeypatch, capsys):
    """Those of the detectors are not kept; in a pack they would not have to be."""
    monkeypatch.chdir(made)
    assert main(["verify", "results/tiny", "--report", "none"]) == 1
    lines = capsys.readouterr().out.splitlines()
    assert lines[-1].endswith("2 problems")
    for name, line in zip(DETECTORS, lines, strict=False):
        assert line.startswith(
            f"results/tiny/detection/{name}/seed0/train/model.safetensors: expected a file"
        )


def test_missing_files_that_the_report_was_made_of(made):
    """Without a report they might never have been made."""
    paths = [made / "results/tiny" / name for name in ("statistics.json", "profile/costs.json")]
    with changed(*paths):
        for path in paths:
            path.unlink()
        assert not verified(made).problems
        found = {problem.file for problem in verified(made, "report").problems}
    assert {"results/tiny/statistics.json", "results/tiny/profile/costs.json"} <= found


@given(st.data())
@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_flipped_bit(made, data):
    file = data.draw(st.sampled_from(FILES))
    path = made / file
    content = bytearray(path.read_bytes())
    place, bit = data.draw(st.integers(0, len(content) - 1)), data.draw(st.integers(0, 7))
    content[place] ^= 1 << bit
    with changed(path):
        before = _said(path)
        put(path, bytes(content))
        # A blank that became another kind of blank says nothing else.
        assert problems_at(made, file) or (before is not None and _said(path) == before)


def _said(path: Path) -> object:
    try:
        return json.loads(path.read_bytes()) if path.suffix == ".json" else None
    except ValueError:
        return None


@pytest.mark.parametrize("source", [OTHER_SEED, PARTNER])
@pytest.mark.parametrize(
    "files",
    [
        ("train/model.safetensors",),
        ("eval/predictions.parquet",),
        ("eval/metrics.json",),
        ("eval/provenance.json",),
        ("train/provenance.json",),
        ("train/history.jsonl",),
        ("eval/metrics.json", "eval/predictions.parquet", "eval/provenance.json"),
        ("train/model.safetensors", "train/provenance.json", "train/history.jsonl"),
        ("test-extra/metrics.json", "test-extra/predictions.parquet", "test-extra/provenance.json"),
        (
            *(file.removeprefix(f"{RUN}/") for file in FILES if file.startswith(RUN)),
            "test-extra/provenance.json",
        ),
    ],
    ids=", ".join,
)
def test_files_of_another_seed_or_network(made, source, files):
    targets = [made / RUN / file for file in files]
    with changed(*targets):
        for file, target in zip(files, targets, strict=True):
            put(target, (made / source / file).read_bytes())
        assert any(RUN in str(problem) for problem in verified(made).problems)


def change(path: Path, **values: object) -> None:
    """Fields of a document, whose checksum is made to fit."""
    put(path, sealed(json.loads(path.read_text()) | values))


def test_weights_that_were_trained_again_make_the_evaluation_stale(made):
    weights, provenance = (made / RUN / "train" / name for name in ("model.safetensors", "provenance.json"))
    content = bytearray(weights.read_bytes())
    content[-1] ^= 1
    with changed(weights, provenance):
        put(weights, bytes(content))
        change(provenance, weights_sha256=sha256(weights))
        found = [str(problem) for problem in verified(made).problems]
    assert any("eval/metrics.json: weights_sha256, of the training's" in problem for problem in found)
    assert any("focus/mobilenet_v2.json" in problem for problem in found) is False
    assert all(RUN in problem for problem in found)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("recipe_hash", "0123456789abcdef"),
        ("preprocessing", "resize-64-crop-64"),
        ("data_fingerprint", "0123456789abcdef"),
        ("dataset", "others"),
        ("class_order_hash", "0123456789abcdef"),
        ("bad_images_skipped", 1),
    ],
)
def test_what_differs_within_a_pair(made, field, value):
    """Consistent in its own folder, as far as it can be."""
    stages = [made / PARTNER / "eval" / name for name in ("metrics.json", "provenance.json")]
    with changed(*stages):
        for path in stages:
            if field in json.loads(path.read_text()):
                change(path, **{field: value})
        found = verified(made).problems
    assert any(f"{field}, in" in problem.field for problem in found)


def with_rows(made: Path, rows: list[int]) -> None:
    """Predictions of these rows only, with the hash in metrics.json made to fit."""
    path = made / RUN / "eval/predictions.parquet"
    table = pq.read_table(path).take(pa.array(rows))
    path.unlink()
    pq.write_table(table.replace_schema_metadata(SCHEMA.metadata), path)
    change(path.with_name("metrics.json"), files={"predictions.parquet": sha256(path)}, images=len(rows))


@pytest.mark.parametrize(
    ("rows", "field"),
    [
        ([*range(23), 22], "images that are there more than once"),
        ([*range(23)], "images, in the val split"),
        ([*range(23)], "pairs.se_mobilenet_v2"),
    ],
)
def test_images_that_are_there_twice_or_not_at_all(made, rows, field):
    paths = [made / RUN / "eval" / name for name in ("predictions.parquet", "metrics.json")]
    with changed(*paths):
        with_rows(made, rows)
        found = verified(made).problems
    assert any(field in str(problem) for problem in found)


@pytest.mark.parametrize("column", ["target", "top5", "top5_scores", "loss"])
def test_an_answer_that_was_edited_does_not_fit_its_row(made, column):
    paths = [made / RUN / "eval" / name for name in ("predictions.parquet", "metrics.json")]
    with changed(*paths):
        table = pq.read_table(paths[0])
        values = table[column].to_pylist()
        other = {"target": 1, "top5": [0, 0, 1], "top5_scores": [0.9, 0.4, 0.1], "loss": 0.001}
        values[0] = other[column]
        place = table.schema.get_field_index(column)
        table = table.set_column(place, SCHEMA.field(column), pa.array(values, SCHEMA.field(column).type))
        paths[0].unlink()
        pq.write_table(table, paths[0])
        change(paths[1], files={"predictions.parquet": sha256(paths[0])})
        found = [
            problem for problem in verified(made).problems if problem.file.endswith("predictions.parquet")
        ]
    assert any(problem.field.startswith(("images w", "classes of", "folders of")) for problem in found)


def test_the_command_tells_lines_and_a_summary(made, monkeypatch, capsys):
    monkeypatch.chdir(made)
    path = made / RUN / "eval/metrics.json"
    with changed(path):
        change(path, top1_percent=99.5)
        assert main(["verify", "results"]) == 1
        text = capsys.readouterr().out
        assert main(["verify", "results/tiny", "--json"]) == 1
        data = json.loads(capsys.readouterr().out)
    assert f"{RUN}/eval/metrics.json: top1_percent: expected " in text
    assert ", found 99.5\n" in text
    assert f"{len(data['problems'])} problems" in text
    assert {"file", "field", "expected", "found"} == data["problems"][0].keys()


def test_a_folder_without_results_is_one_line(tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "results").mkdir()
    shutil.copytree(Path(__file__).parents[2] / "config", tmp_path / "config")
    assert main(["verify", "results"]) == 1
    assert capsys.readouterr().err.startswith(
        "dcanet: results: has no results; expected an experiment's folder"
    )


@pytest.mark.parametrize(
    "text",
    [
        '{"a": ' * 100_000,
        '{"seed": 1, "seed": 2}',
        '{"seed": ' + "9" * 5000 + "}",
        "[]",
        "nul",
        '{"schema_version": 3, "model": "\\u001b[2J"}',
    ],
    ids=["deep", "twice", "long", "list", "word", "control characters"],
)
def test_hostile_json_is_a_finding(made, text):
    path = made / RUN / "eval/metrics.json"
    with changed(path):
        put(path, text)
        found = problems_at(made, f"{RUN}/eval/metrics.json")
    assert found
    assert all(character.isprintable() for line in found for character in line)


@pytest.mark.parametrize(
    "header",
    [
        b"\xff" * 8,
        (10**9).to_bytes(8, "little") + b"{}",
        (2).to_bytes(8, "little") + b"[]",
        (2).to_bytes(8, "little") + b"{}",
        (60).to_bytes(8, "little") + b'{"x":{"dtype":"F32","shape":[9],"data_offsets":[0,1]}}'.ljust(60),
        (60).to_bytes(8, "little") + b'{"x":{"dtype":"F32","shape":9,"data_offsets":[0,"b"]}}'.ljust(60),
        (60).to_bytes(8, "little") + b'{"x": 5, "__metadata__": {"model": "[[[["}}'.ljust(60),
    ],
)
def test_a_hostile_header_of_weights_is_a_finding(made, header):
    path = made / RUN / "train/model.safetensors"
    with changed(path, path.with_name("provenance.json")):
        put(path, header)
        change(path.with_name("provenance.json"), weights_sha256=sha256(path))
        found = problems_at(made, f"{RUN}/train/model.safetensors")
    assert any("a whole safetensors file" in problem or "metadata" in problem for problem in found)
