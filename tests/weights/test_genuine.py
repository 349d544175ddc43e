"""Real ImageNet weights on real photographs give exactly the published reference's answers."""

import csv
import shutil
import tarfile
from pathlib import Path

import pytest

from dcanet.cli import main
from dcanet.documents import Metrics
from dcanet.evaluation.predictions import Predictions

ROOT = Path(__file__).parents[2]
DATA = ROOT.parent / "shared" / "data"

pytestmark = pytest.mark.skipif(not DATA.is_dir(), reason=f"{DATA} with the real weights is not here")


def test_mobilenet_v2(tmp_path, monkeypatch):
    """Fetched, converted and evaluated by the command line, with nothing but the photographs to evaluate."""
    with tarfile.open(DATA / "imagenet" / "imagenette_small.tar") as archive:
        archive.extractall(tmp_path, filter="data")
    photos = tmp_path / "imagenette_small"
    shutil.rmtree(photos / "train")
    monkeypatch.chdir(tmp_path)
    sheets = ["--pairs", f"{ROOT}/config/pairs.tsv", "--detectors", f"{ROOT}/config/detectors.tsv"]
    source = ["--source", f"{DATA}/weights/mobilenet_v2_imagenet.pth", "--offline"]
    assert main(["weights", "fetch", "mobilenet_v2", *source, *sheets]) == 0
    model = ["--model", "mobilenet_v2"]
    assert main(["weights", "convert", "weights/mobilenet_v2.checkpoint", *model, "--run", "run"]) == 0
    evaluate = ["evaluate", "--weights", "run/model.safetensors", "--device", "cpu"]
    assert main([*evaluate, "--data", str(photos), "--out", "eval"]) == 0

    metrics = Metrics.load(Path("eval/metrics.json"))
    assert (metrics.images, metrics.top1_percent, metrics.top5_percent) == (200, 138 / 2, 179 / 2)
    predictions = Predictions.load(Path("eval/predictions.parquet"))
    found = dict(zip(predictions.images, predictions.top5[:, 0].tolist(), strict=True))
    with open(DATA / "imagenet" / "reference_predictions.tsv", newline="") as file:
        reference = list(csv.DictReader(file, delimiter="\t"))
    assert found == {f"{line['wnid']}/{line['image']}": int(line["top1"]) for line in reference}
