"""dcanet compare, on folders as evaluations leave them."""

import argparse
import json

import numpy as np
import pytest
from made_up import write_detector
from prediction_sets import correlated, predictions_of, write_evaluation, write_relabelled

from dcanet.commands import compare
from dcanet.comparison_documents import TableStatistics
from dcanet.errors import UserError

RESAMPLES = ["--resamples", "200"]


def dcanet_compare(*arguments):
    parser = argparse.ArgumentParser()
    compare.add_arguments(parser)
    return compare.run(parser.parse_args([*map(str, arguments), *RESAMPLES])) or 0


def experiment(root, rights, seed="seed0"):
    """A results folder with a network for each name."""
    for name, right in rights.items():
        folder = root / "classification" / name / seed / "eval"
        write_evaluation(
            folder, predictions_of(right), name, seed=int(seed[4:]) if seed != "pretrained" else None
        )
    return root


@pytest.fixture
def rights():
    return correlated(np.random.default_rng(0), 400, (0.5, 0.8, 0.8))


@pytest.fixture
def two(tmp_path, rights):
    """B is worse than A in "se", the same in "ge"; each has a network that the other lacks."""
    bad, good, same = rights
    a = experiment(tmp_path / "a", {"se": good, "ge": same, "gone": good})
    b = experiment(tmp_path / "b", {"se": bad, "ge": same, "new": good})
    return a, b


def test_whole_experiments(two, capsys):
    assert dcanet_compare(*two) == 0
    text = capsys.readouterr().out
    assert "| se | 400 |" in text
    assert "▼ worse |" in text
    assert "≈ not distinguishable |" in text
    assert "1 of 2 distinguishable (0 better, 1 worse)" in text
    assert "- only in A: gone\n- only in B: new" in text
    assert "nan" not in text


def test_the_gate(two, capsys):
    a, b = two
    assert dcanet_compare(a, b, "--fail-if-worse") == 1
    line = capsys.readouterr().err
    assert line.count("\n") == 1
    assert line.startswith("dcanet: worse: se by ")
    assert line.endswith("points of top-1; only in A: gone\n")
    assert dcanet_compare(b, b, "--fail-if-worse") == 0
    assert capsys.readouterr().err == ""


def test_better_passes_the_gate(two, tmp_path, rights):
    a, b = (experiment(tmp_path / name, {"se": right}) for name, right in zip("cd", rights[:2], strict=True))
    assert dcanet_compare(a, b, "--fail-if-worse") == 0
    assert dcanet_compare(b, a, "--fail-if-worse") == 1


def test_alpha_decides(tmp_path, rights):
    worse = rights[1].copy()
    worse[np.flatnonzero(worse)[:8]] = False
    a, b = (experiment(tmp_path / name, {"se": right}) for name, right in (("a", rights[1]), ("b", worse)))
    assert dcanet_compare(a, b, "--fail-if-worse") == 1
    assert dcanet_compare(a, b, "--fail-if-worse", "--alpha", "0.001") == 0
    with pytest.raises(UserError, match=r"alpha 1.5: must be between 0 and 1"):
        dcanet_compare(a, b, "--alpha", "1.5")


def test_two_evaluations_of_different_networks(two, capsys):
    folders = [
        root / "classification" / name / "seed0" for root, name in zip(two, ("se", "new"), strict=True)
    ]
    assert dcanet_compare(folders[0] / "eval", folders[1]) == 0
    text = capsys.readouterr().out
    assert "| se → new | 400 |" in text
    assert "## How they were made" in text


def test_what_flipped_is_named_for_a_single_pair(tmp_path, rights, capsys):
    a, b = (experiment(tmp_path / name, {"se": right}) for name, right in zip("ab", rights[:2], strict=True))
    dcanet_compare(a, b)
    text = capsys.readouterr().out
    assert "## Images gained most surely" in text
    assert "## Images lost most surely" in text
    assert "## Classes that differ by more than noise" in text


def test_markdown_and_figures_go_to_files(two, tmp_path, capsys):
    dcanet_compare(*two, "--out", tmp_path / "out" / "comparison.md")
    assert (tmp_path / "out" / "comparison.md").read_text().startswith("# ")
    dcanet_compare(*two, "--out", tmp_path / "comparison.json", "--adjust", "fdr_bh")
    statistics = TableStatistics.load(tmp_path / "comparison.json")
    assert statistics.adjustment == "fdr_bh"
    assert statistics.pairs["se"].verdict == "worse"
    assert capsys.readouterr().out == ""


def test_differing_origins_are_told(two, capsys):
    a, b = two
    path = b / "classification" / "se" / "seed0" / "eval" / "metrics.json"
    values = json.loads(path.read_text()) | {"preprocessing": "another"}
    del values["checksum"]
    path.write_text(json.dumps(values))
    dcanet_compare(a, b)
    assert "| preprocessing | resize-256-crop-224 | another, resize-256-crop-224 |" in capsys.readouterr().out


def test_several_seeds(tmp_path, rights, capsys):
    for root, right in zip("ab", rights[:2], strict=True):
        for seed in (0, 1):
            experiment(tmp_path / root, {"se": np.roll(right, 3 * seed)}, f"seed{seed}")
    experiment(tmp_path / "a", {"se": rights[2]}, "pretrained")
    assert dcanet_compare(tmp_path / "a", tmp_path / "b") == 0
    assert "| se | 400 |" in capsys.readouterr().out
    (tmp_path / "b" / "classification" / "se" / "seed1" / "eval" / "predictions.parquet").unlink()
    with pytest.raises(UserError, match=r"a/.*seed1.* is of seed 1, .* nothing beside .*b/.*seed0"):
        dcanet_compare(tmp_path / "a", tmp_path / "b")


def test_different_images(tmp_path, rights):
    a, b = (experiment(tmp_path / name, {"se": rights[0][:size]}) for name, size in (("a", 400), ("b", 300)))
    with pytest.raises(
        UserError, match=r"a/.*predictions.parquet and .*b/.*predictions.parquet are of different"
    ):
        dcanet_compare(a, b)


def test_nothing_to_compare(two, tmp_path):
    a, _ = two
    (tmp_path / "empty").mkdir()
    with pytest.raises(UserError, match=r"empty: no results; expected"):
        dcanet_compare(a, tmp_path / "empty")
    lone = experiment(tmp_path / "c", {"sk": [True, False]})
    with pytest.raises(UserError, match=r"a and .*c: have no network in common \(ge, gone, se; sk\)"):
        dcanet_compare(a, lone)


def test_detectors(tmp_path, capsys):
    random = np.random.default_rng(0)
    common = random.normal(0, 0.5, 200)
    for root, ap in (("a", 40.0), ("b", 35.0)):
        write_detector(tmp_path / root, "retinanet", [ap, *(ap + common + random.normal(0, 0.1, 200))])
        write_detector(tmp_path / root, "alike", [ap, *(ap + common + random.normal(0, 9, 200))])
    a, b = tmp_path / "a", tmp_path / "b"
    assert dcanet_compare(a, b, "--fail-if-worse") == 1
    found = capsys.readouterr()
    assert found.err == "dcanet: worse: retinanet by 5.00 points of AP\n"
    assert "| retinanet | −5.00 " in found.out
    assert dcanet_compare(b, a, "--fail-if-worse") == 0
    write_detector(b, "alike", [1.0, 2.0, 3.0])
    with pytest.raises(
        UserError, match=r"a/.*bootstrap.json and .*b/.*bootstrap.json: the bootstraps of a pair"
    ):
        dcanet_compare(a, b)


def test_detectors_of_several_seeds(tmp_path, capsys):
    random = np.random.default_rng(1)
    common = random.normal(0, 0.5, 200)
    for root, aps in (("a", (40.0, 40.3, 39.9)), ("b", (35.0, 35.2, 34.7))):
        for seed, ap in enumerate(aps):
            write_detector(
                tmp_path / root, "retinanet", [ap, *(ap + common + random.normal(0, 0.1, 200))], seed
            )
    a, b = tmp_path / "a", tmp_path / "b"
    assert dcanet_compare(a, b, "--fail-if-worse") == 1
    found = capsys.readouterr()
    assert found.err == "dcanet: worse: retinanet by 5.10 points of AP\n"
    assert "| retinanet | −5.10 " in found.out
    (b / "detection" / "retinanet" / "seed2" / "eval" / "bootstrap.json").unlink()
    with pytest.raises(UserError, match=r"a/.*seed2/.* is of seed 2, .* nothing beside .*b/.*seed0"):
        dcanet_compare(a, b)


def test_extra_test_sets_are_shown_and_do_not_count(tmp_path, rights, capsys):
    """Worse on another test set is told, and is no reason to fail: the gate is on val."""
    for root, right in zip("ab", (rights[1], rights[0]), strict=True):
        experiment(tmp_path / root, {"se": rights[2], "ge": rights[2]})
        of_se = tmp_path / root / "classification" / "se" / "seed0"
        write_evaluation(of_se / "test-sketch", predictions_of(right), "se")
        write_relabelled(of_se / "test-real", right[: 400 if root == "a" else 300], "se")
    write_relabelled(tmp_path / "a" / "classification" / "ge" / "seed0" / "test-real", rights[2], "ge")
    assert dcanet_compare(tmp_path / "a", tmp_path / "b", "--fail-if-worse") == 0
    text = capsys.readouterr().out
    (sketch,) = [line for line in text.splitlines() if line.startswith("| sketch | se | 400 |")]
    assert sketch.endswith("▼ worse |")
    (real,) = [line for line in text.splitlines() if line.startswith("| real | ")]
    assert "| se | not compared: " in real
    assert "are of different images" in real
