"""Table 2 by the workflow: classifiers become backbones of detectors, which are trained, drawn and shown."""

import json
from pathlib import Path

import pytest
from working_copy import RECIPE, keep_pairs, planned, snakemake, working_copy

from dcanet.cli import main
from dcanet.files import sha256
from dcanet.weights.store import read_metadata

pytestmark = [pytest.mark.e2e, pytest.mark.slow]

DETECTORS = ("retinanet_resnet50", "retinanet_se_resnet50")
SMALL = {"short_side": 64, "long_side": 64, "channels": 16, "head_depth": 1, "anchor_scale": 2}


@pytest.fixture(scope="module")
def done(tmp_path_factory):
    root = tmp_path_factory.mktemp("detectors") / "copy"
    detection = {
        "detectors": list(DETECTORS),
        "data": {"name": "scenes", "image_size": 64, "train_images": 4, "val_images": 2},
        "recipes": {"retinanet": "config/recipes/detector.yaml"},
        "options": {"retinanet": SMALL},
    }
    data = {"name": "digits", "image_size": 32, "seed": 0}
    # Detectors keep to a backbone's statistics: they must be those of its weights, after four small steps.
    classifier = RECIPE | {"epochs": 0.004, "recalibrate_images": 64}
    classifier["optimizer"] = {"name": "sgd", "learning_rate": 0.001}
    working_copy(root, recipe=classifier, pairs=["resnet50"], data=data, detection=detection)
    keep_pairs(root, "resnet50", "se_resnet50")
    recipe = {key: RECIPE[key] for key in ("batch_size", "schedule")} | {"epochs": 4}
    recipe["optimizer"] = {"name": "adamw", "learning_rate": 0.0001}
    (root / "config/recipes/detector.yaml").write_text(json.dumps(recipe))
    result = snakemake(root)
    assert result.returncode == 0, result.stdout[-4000:] + result.stderr[-4000:]
    return root


def test_detectors_start_from_the_classifiers_and_are_shown(done):
    results = done / "results/tiny"
    table = (done / "report/tables.md").read_text()
    for detector in DETECTORS:
        weights = results / f"detection/{detector}/seed0/train/model.safetensors"
        backbone = detector.removeprefix("retinanet_")
        start = results / f"classification/{backbone}/seed0/train/model.safetensors"
        assert read_metadata(weights).notes["backbone_sha256"] == sha256(start)
        metrics = json.loads((results / f"detection/{detector}/seed0/eval/metrics.json").read_text())
        assert (metrics["images"], metrics["oracle_images"]) == (2, 2)
        assert f"ours {metrics['numbers']['ap']:.1f}" in table.replace("*", "")
    # The backbone of the second is not a row of this run's Table 1, so it is trained and not evaluated.
    assert not (results / "classification/se_resnet50/seed0/eval").exists()
    pictures = json.loads((results / "detection/retinanet_se_resnet50/pictures.json").read_text())
    assert (pictures["baseline"], len(pictures["pictures"])) == ("retinanet_resnet50", 2)
    galleries = (done / "report/index.html").read_text().partition('id="detections"')[2]
    assert galleries.count("data:image/jpeg") >= 4


def test_the_results_stand_up_to_a_check(done, monkeypatch, capsys):
    monkeypatch.chdir(done)
    assert main(["verify", "results", "--data", *map(str, Path("data").iterdir())]) == 0
    assert "found anew" not in capsys.readouterr().out


def test_nothing_is_done_twice(done):
    assert planned(done) == {}


def test_deleting_detections_makes_only_what_depends_on_them(done):
    (done / "results/tiny/detection/retinanet_resnet50/seed0/eval/detections.parquet").unlink()
    assert planned(done) == {
        "evaluate_detector": 1,
        "draw_detections": 1,
        "statistics": 1,
        "thumbnails": 1,
        "report": 1,
        "all": 1,
    }
