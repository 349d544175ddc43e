"""Folded and fused, every model of Table 1 computes what it did."""

import copy

import pytest
import torch
from torch import nn

from dcanet.evaluation import fusing
from dcanet.evaluation.folding import fold_norms
from dcanet.evaluation.fusing import FusedConvolution, fuse_activations
from dcanet.evaluation.inference import make_fast, overwrite_features
from dcanet.models import TRIPLES, create, names


def settled(name):
    """A model whose BatchNorms have seen something and whose logits are of an ordinary size."""
    torch.manual_seed(0)
    model = create(name, 10)
    for module in model.modules():
        if isinstance(module, nn.BatchNorm2d):
            nn.init.uniform_(module.weight, 0.5, 1.0)
            nn.init.uniform_(module.bias, -0.2, 0.2)
            module.momentum = None
    with torch.no_grad():
        model.train()(torch.randn(4, 3, 64, 64))
    return model.eval()


@pytest.mark.parametrize("name", names())
def test_the_same_function(name):
    """In float64: untrained weights blow rounding up, with folding and without."""
    model = settled(name).double()
    images = torch.randn(2, 3, 64, 64, dtype=torch.float64)
    with torch.inference_mode():
        expected = model(images)
        norms = sum(isinstance(module, nn.BatchNorm2d) for module in model.modules())
        folded = fold_norms(model)
        found = model(images)
    left = sum(isinstance(module, nn.BatchNorm2d) for module in model.modules())
    assert folded >= 30
    assert left == norms - folded
    assert ("cbam" in name) == bool(left)  # its spatial gates are not sequences of layers
    assert found.sub(expected).abs().max() <= 1e-8 * expected.abs().max()


@pytest.mark.parametrize("name", names())
def test_no_less_exact(name):
    """Against float64, the fast form is off by no more than a few times what the plain one is."""
    model = settled(name)
    # So many that the largest errors of both, which round at other places, say something.
    images = torch.randn(12, 3, 64, 64)
    with torch.inference_mode():
        truth = copy.deepcopy(model).double()(images.double())
        plain = model(images)
        make_fast(model, torch.device("cpu"))
        fast = model(images)
        # The order of the weights is that for the batch that came first.
        alone = model(images[1:])
    sequences = [module for module in model.modules() if isinstance(module, nn.Sequential)]
    assert not any(isinstance(layer, nn.Conv2d) for sequence in sequences for layer in sequence)
    assert fast.dtype == torch.float32
    allowed = 10 * plain.sub(truth).abs().max() + 1e-5
    assert fast.sub(truth).abs().max() <= allowed
    assert alone.sub(truth[1:]).abs().max() <= allowed
    if plain.sub(truth).abs().max() < 1e-4:
        assert fast.argmax(1).tolist() == plain.argmax(1).tolist()


def test_only_neighbours_are_folded():
    model = nn.Sequential(nn.Conv2d(3, 4, 1), nn.ReLU(), nn.BatchNorm2d(4), nn.Conv2d(4, 4, 1, bias=False))
    assert fold_norms(model) == 0
    without_statistics = nn.Sequential(nn.Conv2d(3, 4, 1), nn.BatchNorm2d(4, track_running_stats=False))
    assert fold_norms(without_statistics) == 0


@pytest.mark.parametrize(("dtype", "tolerance"), [(torch.float32, 1e-5), (torch.bfloat16, 0.01)])
@pytest.mark.parametrize("activation", [nn.ReLU(inplace=True), nn.ReLU6(), nn.Hardtanh(-2, 1), nn.Sigmoid()])
def test_fused_with_what_follows(activation, dtype, tolerance):
    if not fusing._available(dtype):
        pytest.skip(f"oneDNN does not convolve {dtype} on this processor")
    torch.manual_seed(0)
    convolutions = (
        nn.Conv2d(3, 8, 3, stride=2, padding=1),
        nn.Conv2d(3, 6, (3, 1), padding=(2, 0), dilation=(2, 1), groups=3, bias=False),
    )
    images = 5 * torch.randn(2, 3, 9, 7).to(dtype)
    for conv in convolutions:
        plain = nn.Sequential(conv, nn.Identity(), activation).to(dtype)
        fused = copy.deepcopy(plain)
        with torch.inference_mode():
            known = type(activation) in fusing.ACTIVATIONS
            assert fuse_activations(fused) == known
            assert isinstance(fused[0], FusedConvolution)
            assert isinstance(fused[2], nn.Identity) == known
            for each in (images, images[:, :, :7]):
                torch.testing.assert_close(fused(each), plain(each), rtol=tolerance, atol=tolerance)


@pytest.mark.parametrize("name", [name for name in names() if name != TRIPLES[name][0]])
def test_overwriting_features(name):
    """Exactly the same numbers, from memory that is used again."""
    model = settled(name)
    images = torch.randn(2, 3, 64, 64)
    with torch.inference_mode():
        expected = model(images)
        assert overwrite_features(model) >= 15
        torch.testing.assert_close(model(images), expected, rtol=1e-6, atol=1e-6 * expected.abs().max())


def test_without_the_operation(monkeypatch):
    """A torch that names it otherwise."""
    monkeypatch.setattr(fusing, "FusedConvolution", None)
    model = nn.Sequential(nn.Conv2d(3, 4, 1), nn.ReLU())
    assert fuse_activations(model) == 0
    assert isinstance(model[0], nn.Conv2d)


def test_convolutions_of_others_are_left_alone():
    """What they compute need not be what their weights say."""

    class Doubling(nn.Conv2d):
        def forward(self, x):
            return 2 * super().forward(x)

    model = nn.Sequential(Doubling(3, 4, 1), nn.BatchNorm2d(4), nn.ReLU()).eval()
    images = torch.randn(2, 3, 5, 5)
    with torch.inference_mode():
        expected = model(images)
        make_fast(model, torch.device("cpu"))
        assert torch.equal(model(images), expected)
