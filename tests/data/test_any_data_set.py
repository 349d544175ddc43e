"""From files as they are to the report, in layouts that are no folders and with two classes or more."""

from pathlib import Path

import pixel_sets
import pytest
import yaml

from dcanet.cli import main
from dcanet.comparison_documents import FlippedPictures, TableStatistics
from dcanet.documents import Metrics
from dcanet.focus_documents import Focus
from dcanet.report.flips import LISTED_IMAGES

ROOT = Path(__file__).parents[2]
PAIR = ("se_mobilenet_v2", "dca_se_mobilenet_v2")
RECIPE = {
    "epochs": 1,
    "batch_size": 10,
    "optimizer": {"name": "adamw", "learning_rate": 0.001},
    "schedule": {"name": "one_cycle"},
    "augmentation": {"size": 32},
    "preprocessing": {"resize": 32, "crop": 32},
    "validate_every": 1,
    "recalibrate_images": 20,
}


def run(*words: object) -> None:
    assert main([str(word) for word in words]) == 0


def hub(folder: Path, classes: int) -> Path:
    datasets = pytest.importorskip("datasets", reason="needs Hugging Face's datasets to write its files")
    datasets.disable_progress_bars()
    kinds = datasets.ClassLabel(names=[f"kind/{number}" for number in range(classes)])
    features = datasets.Features({"image": datasets.Image(), "label": kinds})
    parts = {
        split: datasets.Dataset.from_dict(
            {"image": list(pixels.transpose(0, 2, 3, 1)), "label": (labels % classes).tolist()}, features
        )
        for split, (pixels, labels) in (("train", pixel_sets.TRAIN), ("test", pixel_sets.TEST))
    }
    datasets.DatasetDict(parts).save_to_disk(folder)
    return folder


@pytest.mark.parametrize(
    ("write", "classes"),
    [
        (lambda folder: pixel_sets.write_idx(folder, classes=2), 2),
        (lambda folder: hub(folder, 4), 4),
    ],
    ids=["idx, 2 classes", "Hugging Face, 4 classes"],
)
def test_from_files_to_the_report(tmp_path, write, classes):
    data, results, dataset = write(tmp_path / "data"), tmp_path / "results", tmp_path / "dataset.json"
    run("data", "check", data, "--workers", 1, "--on-bad-image", "skip", "--out", dataset)
    recipe = tmp_path / "recipe.yaml"
    recipe.write_text(yaml.safe_dump(RECIPE))
    shared = ("--data", data, "--dataset", dataset, "--recipe", recipe, "--device", "cpu")
    weights = []
    for model in PAIR:
        folder = results / "classification" / model / "seed0"
        run("train", "--model", model, *shared, "--out", folder / "train", "--state", folder / "state")
        weights.append(folder / "train/model.safetensors")
        run("evaluate", "--weights", weights[-1], *shared, "--out", folder / "eval")
        metrics = Metrics.load(folder / "eval/metrics.json")
        assert (metrics.images, metrics.classes, metrics.of_classes) == (20, classes, classes)
        assert metrics.top5_percent == 100
    sheets = ("--pairs", ROOT / "config/pairs.tsv", "--detectors", ROOT / "config/detectors.tsv")
    run("statistics", results, *sheets, "--resamples", 100, "--out", results / "statistics.json")
    compared = TableStatistics.load(results / "statistics.json").pairs[PAIR[0]]
    assert compared.top5.value == 0
    run("thumbnails", results / "statistics.json", "--data", data, "--out", results / "flips.json")
    ways = (compared.surest_gained, compared.surest_lost)
    flipped = {image.image for images in ways for image in images[:LISTED_IMAGES]}
    assert FlippedPictures.load(results / "flips.json").pictures.keys() == flipped
    pair = ("--baseline", weights[0], "--connected", weights[1])
    run("focus", *pair, *shared, "--number", 4, "--pictures", 1, "--out", results / "focus/mobilenet_v2.json")
    assert len(Focus.load(results / "focus/mobilenet_v2.json").images) == 4
    run("report", results, *sheets, "--data-note", "few images", "--out", tmp_path / "report")
    page = (tmp_path / "report/index.html").read_text()
    assert f"all {classes} classes" in page
