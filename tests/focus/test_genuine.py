"""Real weights on real photographs: where the heat is, is what the network answers from."""

import tarfile
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from dcanet.data.imagenet import wnids
from dcanet.data.loader import Images
from dcanet.data.locate import list_split
from dcanet.data.preprocessing import evaluation_transform, normalise
from dcanet.data.settings import Preprocessing
from dcanet.focus.drift import upsampled
from dcanet.focus.grad_cam import grad_cam
from dcanet.focus.stages import stages_of
from dcanet.weights.conversion import convert
from dcanet.weights.store import load_model

DATA = Path(__file__).parents[2].parent / "shared" / "data"

pytestmark = pytest.mark.skipif(not DATA.is_dir(), reason=f"{DATA} with the real weights is not here")


def test_hiding_the_hot_half_costs_more_than_hiding_the_cold_one(tmp_path):
    with tarfile.open(DATA / "imagenet" / "imagenette_small.tar") as archive:
        archive.extractall(tmp_path, filter="data")
    stored = tmp_path / "model.safetensors"
    convert(DATA / "weights" / "mobilenet_v2_imagenet.pth", stored, expected_model="mobilenet_v2")
    split = list_split(tmp_path / "imagenette_small", "val")
    labelled = replace(split, targets=[wnids().index(split.classes[target]) for target in split.targets])
    photos = Images(labelled, evaluation_transform(Preprocessing(resize=256, crop=224)))
    chosen = [photos[0, place] for place in range(5, 200, 10)]
    images = normalise(torch.stack([pixels for pixels, _, _ in chosen]))
    targets = torch.tensor([target for _, target, _ in chosen])
    model = load_model(stored).eval()
    maps, logits = grad_cam(model, list(stages_of(model).values()), images, targets)
    assert [tuple(found.shape[1:]) for found in maps] == [(56, 56), (28, 28), (14, 14), (7, 7)]
    heat = upsampled(maps[-1], images.shape[2:]).flatten(1)
    middle = heat.median(dim=1, keepdim=True).values
    scores = []
    for hidden in (heat > middle, heat <= middle):
        with torch.inference_mode():
            # Normalised images have the mean colour at 0.
            seen = model(images * ~hidden.view(len(images), 1, *images.shape[2:]))
        scores.append(seen.gather(1, targets[:, None])[:, 0])
    without_hot, without_cold = scores
    assert (without_hot < without_cold).sum() >= 18, (without_hot, without_cold)
    before = logits.gather(1, targets[:, None])[:, 0]
    # Half of the image is gone, and most of the evidence is there.
    assert (before - without_cold).mean() < (before - without_hot).mean() / 2
