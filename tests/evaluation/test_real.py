"""Stored predictions against ImageNet's reassessed labels: sets of classes, some of them empty."""

import json

import numpy as np
import pytest
from made_up import write_run

from dcanet.cli import main
from dcanet.documents import Metrics, Provenance, RealMetrics
from dcanet.errors import UserError
from dcanet.evaluation.predictions import Predictions
from dcanet.evaluation.real import evaluate_real, read_labels
from dcanet.evaluation.relabelled import Relabelled
from dcanet.files import sha256

#: Number of the validation image, first guess, labels.
IMAGES = [(1, 7, [7]), (3, 8, [1, 8]), (4, 9, []), (50, 2, [3]), (2, 0, [0, 999])]


@pytest.fixture
def stored(tmp_path):
    """Predictions of some of the validation images, in the order of their classes, and labels of 50."""
    write_run(tmp_path, "mobilenet_v2", images=len(IMAGES), of_classes=1000)
    folder = tmp_path / "classification/mobilenet_v2/seed0/eval"
    Predictions(
        images=[f"n01440764/ILSVRC2012_val_{number:08d}.JPEG" for number, _, _ in IMAGES],
        targets=np.zeros(len(IMAGES), np.int32),
        top5=np.array([[guess, 11, 12, 13, 14] for _, guess, _ in IMAGES]),
        scores=np.full((len(IMAGES), 5), 0.2),
        losses=np.ones(len(IMAGES)),
    ).save(folder / "predictions.parquet")
    labels = [[500]] * 50
    for number, _, allowed in IMAGES:
        labels[number - 1] = allowed
    (tmp_path / "real.json").write_text(json.dumps(labels))
    return folder / "predictions.parquet"


def test_a_guess_is_right_among_the_labels(stored, tmp_path, capsys):
    command = ["evaluate", "--predictions", str(stored), "--real", str(tmp_path / "real.json")]
    assert main([*command, "--out", str(tmp_path / "test-real")]) == 0
    assert "ReaL top-1 75.00 % of 4 images; 1 without a label left out" in capsys.readouterr().out
    metrics = RealMetrics.load(tmp_path / "test-real/metrics.json")
    assert (metrics.top1_percent, metrics.images, metrics.unlabelled_images) == (75.0, 4, 1)
    scored = Relabelled.load(tmp_path / "test-real/correct.parquet")
    assert [
        (int(image[-8 - 5 : -5]), hit) for image, hit in zip(scored.images, scored.correct, strict=True)
    ] == [
        (1, True),
        (3, True),
        (50, False),
        (2, True),
    ]
    assert scored.labels_sha256 == metrics.labels_sha256 == sha256(tmp_path / "real.json")
    of_val = Metrics.load(stored.with_name("metrics.json"))
    assert (metrics.model, metrics.weights_sha256) == (of_val.model, of_val.weights_sha256)
    assert Provenance.load(tmp_path / "test-real/provenance.json").weights_sha256 == of_val.weights_sha256


@pytest.mark.parametrize(
    "text", ["", "{", "{}", "[1]", '[["n01440764"]]', "[[true]]", "[[1000]]", "[[-1]]", "[" * 5000]
)
def test_labels_that_are_none(tmp_path, text):
    path = tmp_path / "real.json"
    path.write_text(text)
    with pytest.raises(UserError, match=r"real.json: .*expected real.json of the ReaL labels"):
        read_labels(path)


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        ([[1]] * 49, "'n01440764/ILSVRC2012_val_00000050.JPEG' is not one of the 49 validation images"),
        ([[]] * 50, "has no label for any image"),
    ],
)
def test_labels_of_other_images(stored, tmp_path, labels, message):
    path = tmp_path / "real.json"
    path.write_text(json.dumps(labels))
    with pytest.raises(UserError, match=message):
        evaluate_real(stored, path, tmp_path / "out")
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("change", "message"),
    [({"of_classes": 10}, "has 10 outputs"), ({"images": 9}, "has 5 images, metrics.json beside it 9")],
)
def test_predictions_of_something_else(stored, tmp_path, change, message):
    write_run(tmp_path, "mobilenet_v2", **({"images": len(IMAGES), "of_classes": 1000} | change))
    with pytest.raises(UserError, match=message):
        evaluate_real(stored, tmp_path / "real.json", tmp_path / "out")


@pytest.mark.parametrize("arguments", [["--predictions", "p"], ["--real", "r"], []])
def test_half_of_the_arguments(arguments, capsys):
    assert main(["evaluate", "--out", "out", *arguments]) == 1
    assert capsys.readouterr().err.startswith("dcanet: evaluate: ")
