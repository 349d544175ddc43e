"""The plain networks are torchvision's, under the same key names as the authors'."""

import pytest
import torch
import torchvision

from dcanet.weights import from_authors


@pytest.mark.parametrize(
    "name", ["resnet18", "resnet34", "resnet50", "resnet101", "mobilenet_v2", "mnasnet1_0"]
)
def test_same_logits(name):
    theirs = torchvision.models.get_model(name, weights=None).double().eval()
    ours = from_authors(theirs.state_dict(), form=name).double().eval()
    images = torch.randn(2, 3, 64, 64, dtype=torch.double, generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        assert torch.equal(ours(images), theirs(images))
