"""Real weights on real photographs: the fast form moves no logit by 1e-4."""

import tarfile
from pathlib import Path

import pytest
import torch

from dcanet.data.loader import Images
from dcanet.data.locate import list_split
from dcanet.data.preprocessing import evaluation_transform, normalise
from dcanet.data.settings import Preprocessing
from dcanet.device import place
from dcanet.evaluation.folding import fold_norms
from dcanet.evaluation.fusing import fuse_activations
from dcanet.weights.conversion import convert
from dcanet.weights.store import load_model

DATA = Path(__file__).parents[2].parent / "shared" / "data"

pytestmark = pytest.mark.skipif(not DATA.is_dir(), reason=f"{DATA} with the real weights is not here")


def test_folded_logits(tmp_path):
    with tarfile.open(DATA / "imagenet" / "imagenette_small.tar") as archive:
        archive.extractall(tmp_path, filter="data")
    photos = Images(
        list_split(tmp_path / "imagenette_small", "val"),
        evaluation_transform(Preprocessing(resize=256, crop=224)),
    )
    images = normalise(torch.stack([photos[0, index][0] for index in range(0, 200, 20)]))
    stored = tmp_path / "model.safetensors"
    convert(DATA / "weights" / "mobilenet_v2_imagenet.pth", stored, expected_model="mobilenet_v2")
    exact, folded = load_model(stored).eval(), load_model(stored)
    fold_norms(folded)
    fuse_activations(folded)
    place(folded, torch.device("cpu"), channels_last=True)
    with torch.inference_mode():
        expected, found = exact(images.contiguous()), folded(images)
    assert expected.abs().max() > 5
    assert found.sub(expected).abs().max() <= 1e-4
