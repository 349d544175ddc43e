"""Every network computes on a GPU what it computes on a processor, forwards and backwards."""

import copy

import pytest
import torch
from oracle.detectors import DETECTOR_FORMS
from torch.nn import functional as F

from dcanet.device import autocast, place
from dcanet.evaluation.inference import make_fast
from dcanet.models import TRIPLES, create
from dcanet.weights import from_authors

GPU = torch.device("cuda")


def network(name):
    """With small branches and norms that know statistics.

    From the authors' initialisation a change of the images in the last digit moves some gradients of Mnas and
    GC in the first: whether two devices agree could not be told.
    """
    torch.manual_seed(0)
    model = create(name, 10)
    model.set_residual_gain(0.2)
    model.set_linear_std(0.01)
    for module in model.modules():
        if isinstance(module, torch.nn.Dropout):
            module.p = 0.0
        if isinstance(module, torch.nn.BatchNorm2d):
            module.momentum = 0.5
    with torch.no_grad():
        model.train()(torch.randn(8, 3, 64, 64))
    return model


def step(model, images):
    """Loss and the gradients' norms of one training step."""
    model.train()
    loss = F.cross_entropy(model(images).double(), torch.arange(len(images), device=images.device))
    loss.backward()
    norms = [p.grad.double().norm().cpu() for p in model.parameters() if p.grad is not None]
    return loss.detach().cpu(), torch.stack(norms)


@pytest.mark.parametrize("name", TRIPLES)
def test_a_classifier(name, exact_float32):
    model, images = network(name), torch.randn(4, 3, 64, 64)
    other = place(copy.deepcopy(model), GPU, channels_last=True)
    with torch.no_grad():
        want = model.eval()(images)
        got = other.eval()(images.to(GPU)).cpu()
        make_fast(fast := copy.deepcopy(other), GPU, "float32")
        folded = fast(images.to(GPU)).cpu()
    assert (got - want).norm() < 1e-4 * want.norm()
    assert (folded - want).norm() < 1e-4 * want.norm()
    (want_loss, wanted), (loss, found) = (
        step(model.double(), images.double()),
        step(other.double(), images.to(GPU).double()),
    )
    assert loss == pytest.approx(want_loss, rel=1e-9)
    assert (found - wanted).norm() < 1e-9 * wanted.norm()


@pytest.mark.parametrize("name", ["dca_sk_mobilenet_v2", "dca_cbam_resnet50", "dca_gc_resnet50"])
@pytest.mark.parametrize("precision", ["bfloat16", "float16"])
def test_gradients_under_autocast(name, precision):
    """About as long as in float32; eight bits leave no more than that of so deep a network's gradient."""
    model, images = network(name).to(GPU), torch.randn(16, 3, 64, 64, device=GPU)
    loss, norms = step(copy.deepcopy(model), images[:10])
    with autocast(precision, GPU):
        half_loss, half_norms = step(model, images[:10])
    assert half_loss == pytest.approx(loss, rel=0.1)
    assert norms.norm() / 2 < half_norms.norm() < norms.norm() * 2


@pytest.mark.parametrize("form", DETECTOR_FORMS, ids=str)
def test_a_detector_finds_the_same(form):
    """In float64, where no order of sums decides between two boxes."""
    model = from_authors(form.filled()).double().eval()
    images = [torch.rand(3, 120, 160).double(), torch.rand(3, 128, 96).double()]
    with torch.inference_mode():
        wanted = model(images)
        found = model.to(GPU)([image.to(GPU) for image in images])
    for want, got in zip(wanted, found, strict=True):
        assert got["boxes"].is_cuda
        assert torch.equal(got["labels"].cpu(), want["labels"])
        torch.testing.assert_close(got["scores"].cpu(), want["scores"], rtol=1e-6, atol=1e-8)
        torch.testing.assert_close(got["boxes"].cpu(), want["boxes"], rtol=1e-5, atol=1e-4)
