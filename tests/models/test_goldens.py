"""Every form computes what the authors' code computes, forwards and backwards."""

import numpy as np
import pytest
import torch
from numpy.typing import ArrayLike
from oracle import EVALUATED, FORMS, TRAINED, Form, fill
from torch.nn import functional as F

from dcanet.weights import from_authors


def relative_error(got: ArrayLike, want: ArrayLike) -> float:
    return float(np.linalg.norm(np.subtract(got, want)) / np.linalg.norm(want))


def logits(model: torch.nn.Module, size: str, dtype: torch.dtype) -> np.ndarray:
    images = torch.from_numpy(fill.images(*EVALUATED[size])).to(dtype)
    with torch.no_grad():
        return model(images).numpy()


def wrong(keys: list[str], got: list[float], want: ArrayLike, relative: float, absolute: float) -> dict:
    close = np.isclose(got, want, rtol=relative, atol=absolute, equal_nan=True)
    return {key: pair for key, *pair, fine in zip(keys, got, want, close, strict=True) if not fine}


@pytest.mark.parametrize("form", FORMS, ids=str)
def test_computes_what_the_authors_code_computes(form):
    model = from_authors(form.filled(), form.name).eval()
    for size in EVALUATED:
        assert relative_error(logits(model, size, torch.float32), form.logits(size)) < 1e-4
    model.double()
    for size in EVALUATED:
        assert relative_error(logits(model, size, torch.float64), form.logits(size)) < 1e-9
    check_train_step(model, form)


def check_train_step(model: torch.nn.Module, form: Form) -> None:
    model.train()
    for module in model.modules():
        if isinstance(module, torch.nn.Dropout):
            module.p = 0.0
    images = torch.from_numpy(fill.images(*TRAINED)).double()
    loss = F.cross_entropy(model(images), torch.from_numpy(fill.labels(len(images))))
    loss.backward()
    assert loss.item() == pytest.approx(float(form.train_step("loss")), rel=0, abs=1e-8)

    gradients = [model.get_parameter(form.ours(key)).grad for key in form.parameter_keys]
    norms = [float("nan") if gradient is None else gradient.norm().item() for gradient in gradients]
    assert not wrong(form.parameter_keys, norms, form.train_step("gradients"), 1e-6, 1e-7)

    norms = [model.get_buffer(form.ours(key)).norm().item() for key in form.statistics_keys]
    assert not wrong(form.statistics_keys, norms, form.train_step("statistics"), 1e-8, 1e-10)
