"""Real ImageNet weights on real photographs give exactly the published reference's answers."""

import csv
import tarfile
from pathlib import Path

import pytest
import torch
from PIL import Image
from torchvision.transforms import v2

from dcanet.sheets import read_pairs
from dcanet.weights.conversion import convert
from dcanet.weights.fetch import fetch
from dcanet.weights.lock import Lock
from dcanet.weights.sources import LocalFile, origin_of
from dcanet.weights.store import load_model

ROOT = Path(__file__).parents[2]
DATA = ROOT.parent / "shared" / "data"

pytestmark = pytest.mark.skipif(not DATA.is_dir(), reason=f"{DATA} with the real weights is not here")


def test_mobilenet_v2(tmp_path):
    rows = [model for pair in read_pairs(ROOT / "config" / "pairs.tsv") for model in pair.models]
    row = next(row for row in rows if row.id == "mobilenet_v2")
    origin = origin_of(row, LocalFile(file=DATA / "weights" / "mobilenet_v2_imagenet.pth"))
    path = fetch(origin, tmp_path / "mobilenet_v2.pth", Lock(tmp_path / "weights.lock"), offline=True)
    convert(path, tmp_path / "model.safetensors", expected_model="mobilenet_v2")
    model = load_model(tmp_path / "model.safetensors").eval()

    with tarfile.open(DATA / "imagenet" / "imagenette_small.tar") as archive:
        archive.extractall(tmp_path, filter="data")
    prepare = v2.Compose(
        [
            v2.Resize(256),
            v2.CenterCrop(224),
            v2.PILToTensor(),
            v2.ToDtype(torch.float32, scale=True),
            v2.Normalize((0.485, 0.456, 0.406), (0.229, 0.224, 0.225)),
        ]
    )
    with open(DATA / "imagenet" / "reference_predictions.tsv", newline="") as file:
        reference = list(csv.DictReader(file, delimiter="\t"))
    top1 = top5 = 0
    for line in reference:
        image = Image.open(tmp_path / "imagenette_small" / "val" / line["wnid"] / line["image"])
        with torch.inference_mode():
            best = model(prepare(image.convert("RGB"))[None])[0].topk(5).indices.tolist()
        assert best[0] == int(line["top1"]), line["image"]
        top1 += best[0] == int(line["target"])
        top5 += int(line["target"]) in best
    assert (len(reference), top1, top5) == (200, 138, 179)
