"""What torch's tracer is shown is the same function as what is computed otherwise."""

import pytest
import torch

from dcanet.models import TRIPLES, assemble, default_options
from dcanet.models.tracing import is_traced, published_form

CONNECTED = [name for name, (*_, chain) in TRIPLES.items() if chain]
#: Both forms where they differ.
MODELS = [
    (name, form)
    for name in CONNECTED
    for form in ("printed", "released")
    if form == "printed" or default_options(name, form) != default_options(name)
] + [(f"dca_{attention}_resnet18", "printed") for attention in ("eca", "simam", "coord")]
#: One of each attention; the others are slow.
FEW = ("dca_gc_resnet50", *(f"dca_{attention}_mobilenet_v2" for attention in ("se", "sk", "ge", "cbam")))


@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::torch.jit.TracerWarning")
@pytest.mark.parametrize(
    ("name", "form"),
    [pytest.param(*model, marks=() if model[0] in FEW else pytest.mark.slow) for model in MODELS],
)
def test_the_same_function(name, form):
    torch.manual_seed(0)
    model = assemble(name, 10, form).double().eval()
    images = torch.randn(2, 3, 32, 32, dtype=torch.float64)
    with torch.no_grad():
        traced = torch.jit.trace(model, images, check_trace=False)
        expected = model(images)
        torch.testing.assert_close(traced(images), expected, rtol=1e-9, atol=1e-9 * expected.abs().max())


def test_only_while_tracing():
    seen = []
    torch.jit.trace(lambda x: seen.append(is_traced()) or x, torch.zeros(1))
    assert seen[0]
    assert not is_traced()


def test_the_published_form_without_a_tracer():
    with published_form():
        with published_form():
            assert is_traced()
        assert is_traced()
    assert not is_traced()
