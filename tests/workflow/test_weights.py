"""Rows that start from published weights: fetched, converted and evaluated by the workflow, never trained."""

import json
import shutil
import tarfile
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch
from oracle import FORMS
from weights.loopback import Loopback, running
from workflow.working_copy import RECIPE, ROOT, keep_pairs, planned, snakemake, working_copy

from dcanet.cli import main
from dcanet.documents import Metrics, Provenance, read_history
from dcanet.files import sha256
from dcanet.sheets import Classifier, read_pairs

pytestmark = pytest.mark.e2e

PAIR, CONNECTED = "se_mobilenet_v2", "dca_se_mobilenet_v2"
LOG = (
    "Learning Rate\tTrain Loss\tValid Loss\tTrain Acc.\tValid Acc.\tValid Top5.\t\n"
    "0.1\t6.1\t5.2\t4.0\t11.0\t27.0\t\n"
    "0.01\t3.9\t3.3\t25.0\t31.8\t57.9\t\n"
)
SHARED = ROOT.parent / "shared" / "data"


@pytest.fixture
def server() -> Iterator[Loopback]:
    with running() as server:
        yield server


@pytest.fixture(scope="module")
def checkpoints(tmp_path_factory) -> dict[str, Path]:
    """Model -> a file as the authors write them, for two classes."""
    folder = tmp_path_factory.mktemp("checkpoints")
    return {name: write_checkpoint(folder / f"{name}.pth.tar", name) for name in (PAIR, CONNECTED)}


def write_checkpoint(path: Path, name: str) -> Path:
    form = next(form for form in FORMS if form.name == name)
    tensors = {
        f"module.{key}": value[:2].clone() if key.startswith("classifier.") else value
        for key, value in form.filled().items()
    }
    torch.save({"epoch": 150, "arch": name, "state_dict": tensors, "best_prec1": torch.tensor(71.5)}, path)
    return path


def row(model: str) -> Classifier:
    pairs = read_pairs(ROOT / "config" / "pairs.tsv")
    return next(row for pair in pairs for row in pair.models if row.id == model)


def serve(server: Loopback, checkpoints: dict[str, Path]) -> None:
    for model, path in checkpoints.items():
        server.serve(row(model).model_drive_id, path.read_bytes(), asks=True)
        server.serve(row(model).log_drive_id, LOG.encode())


@pytest.mark.slow
def test_a_published_pair(server, checkpoints, image_folder, tmp_path, monkeypatch):
    data = {"name": "folder", "path": str(image_folder())}
    shutil.rmtree(tmp_path / "images" / "train")
    copy = working_copy(tmp_path / "copy", pairs=[PAIR], data=data, weights={"default": "published"})
    keep_pairs(copy, "mobilenet_v2", PAIR)
    serve(server, checkpoints)
    result = snakemake(copy, DCANET_DRIVE_URL=server.url)
    assert result.returncode == 0, result.stdout[-4000:] + result.stderr[-4000:]

    for model, checkpoint in checkpoints.items():
        run = copy / "results/tiny/classification" / model / "pretrained"
        source = f"published (drive:{row(model).model_drive_id})"
        metrics = Metrics.load(run / "eval/metrics.json")
        assert (metrics.seed, metrics.weights_source, metrics.images) == (None, source, 8)
        made = Provenance.load(run / "train/provenance.json")
        assert (made.weights_source, made.source_sha256) == (source, sha256(checkpoint))
        assert made.weights_sha256 == metrics.weights_sha256 == sha256(run / "train/model.safetensors")
        assert [epoch.valid_top1_percent for epoch in read_history(run / "train/history.jsonl")] == [11, 31.8]
        assert [folder.name for folder in run.parent.iterdir()] == ["pretrained"]
        for page in ("index.html", "tables.md", "table1.csv"):
            assert f"weights not trained here: {source}" in (copy / "report" / page).read_text()
    assert (
        "Validation top-1 (%) of SE-MobileNetV2 in epochs 1 to 2" in (copy / "report/index.html").read_text()
    )
    assert len((copy / "config/weights.lock").read_text().splitlines()) == 2 + 4

    monkeypatch.chdir(copy)
    assert main(["verify", "results", "--data", data["path"]]) == 0

    asked = len(server.requests)
    assert planned(copy) == planned(copy, "--config", "offline=true") == {}
    (copy / f"results/tiny/classification/{PAIR}/pretrained/train/model.safetensors").unlink()
    again = snakemake(copy, "--config", "offline=true", DCANET_DRIVE_URL=server.url)
    assert again.returncode == 0, again.stderr
    assert len(server.requests) == asked
    config = ["--config", f"weights={{{PAIR}: {{torchvision: MobileNet_V2_Weights.IMAGENET1K_V1}}}}"]
    assert planned(copy, *config).keys() == {
        "all",
        "fetch_weights",
        "convert_weights",
        "evaluate",
        "plan",
        "statistics",
        "thumbnails",
        "focus",
        "report",
    }


@pytest.mark.slow
def test_quota_page_then_the_file_by_hand(server, checkpoints, image_folder, tmp_path):
    data = {"name": "folder", "path": str(image_folder())}
    weights = {PAIR: {"published": "model_best (1).pth.tar"}}
    copy = working_copy(tmp_path / "copy", pairs=[PAIR], data=data, weights=weights)
    serve(server, checkpoints)
    server.serve(row(PAIR).model_drive_id, b"", shows="quota")
    target = f"results/tiny/classification/{PAIR}/pretrained/eval/metrics.json"
    refused = snakemake(copy, target, DCANET_DRIVE_URL=server.url)
    shown = refused.stdout + refused.stderr
    assert refused.returncode != 0
    assert "Google Drive's quota page" in shown
    assert "save it as weights/incoming/model_best (1).pth.tar" in shown
    assert "Traceback" not in shown
    assert not (copy / "weights" / f"{PAIR}.checkpoint").exists()

    incoming = copy / "weights" / "incoming"
    incoming.mkdir()
    shutil.copy(checkpoints[PAIR], incoming / "model_best (1).pth.tar")
    asked = len(server.requests)
    done = snakemake(copy, target, "--config", "offline=true", DCANET_DRIVE_URL=server.url)
    assert done.returncode == 0, done.stderr
    assert len(server.requests) == asked
    assert json.loads((copy / target).read_text())["seed"] is None
    assert not (copy / f"results/tiny/classification/{PAIR}/seed0").exists()


@pytest.mark.slow
@pytest.mark.skipif(not SHARED.is_dir(), reason=f"{SHARED} with the real weights is not here")
def test_genuine_weights_on_genuine_photographs(tmp_path):
    with tarfile.open(SHARED / "imagenet" / "imagenette_small.tar") as archive:
        archive.extractall(tmp_path, filter="data")
    copy = working_copy(
        tmp_path / "copy",
        RECIPE | {"preprocessing": {"resize": 256, "crop": 224}},
        pairs=["mobilenet_v2"],
        data={"name": "folder", "path": str(tmp_path / "imagenette_small")},
        weights={"mobilenet_v2": {"file": str(SHARED / "weights" / "mobilenet_v2_imagenet.pth")}},
        offline=True,
    )
    result = snakemake(copy, "table1")
    assert result.returncode == 0, result.stderr
    folder = copy / "results/tiny/classification/mobilenet_v2/pretrained/eval"
    metrics = Metrics.load(folder / "metrics.json")
    assert (metrics.images, metrics.classes) == (200, 10)
    assert (metrics.top1_percent, metrics.top5_percent) == (138 / 2, 179 / 2)


def test_wrong_number_of_classes_is_one_line(checkpoints, image_folder, tmp_path):
    data = {"name": "folder", "path": str(image_folder(("a", "b", "c")))}
    weights = {PAIR: {"file": str(checkpoints[PAIR])}}
    copy = working_copy(tmp_path / "copy", pairs=[PAIR], data=data, weights=weights)
    target = f"results/tiny/classification/{PAIR}/pretrained/eval/metrics.json"
    result = snakemake(copy, target)
    assert result.returncode != 0
    shown = result.stdout + result.stderr
    assert "the data set has 3 classes, the weights were made for 2" in shown
    assert "Traceback" not in shown
