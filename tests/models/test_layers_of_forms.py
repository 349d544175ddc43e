"""Tensors, norms and dropout of every form are those of the authors' models."""

import pytest
import torch
from oracle import FORMS
from torch import nn


@pytest.fixture(params=FORMS, ids=str)
def form(request):
    return request.param


@pytest.fixture
def model(form):
    with torch.device("meta"):
        return form.build()


def test_tensors(form, model):
    got = {key: list(value.shape) for key, value in model.state_dict().items()}
    assert got == {form.ours(key): shape for key, shape in form.shapes.items()}


def test_norms(form, model):
    momentum = {
        form.ours(f"{key}.weight").removesuffix(".weight"): float(value)
        for value, keys in form.facts["batch_norm_momentum_exceptions"].items()
        for key in keys
    }
    for name, norm in model.named_modules():
        if isinstance(norm, nn.BatchNorm2d):
            assert norm.eps == 1e-5
            assert norm.momentum == momentum.pop(name, form.facts["batch_norm_momentum"])
        elif isinstance(norm, nn.LayerNorm):
            assert norm.eps == 1e-5
    assert not momentum


def test_dropout(form, model):
    got = [layer.p for layer in model.modules() if isinstance(layer, nn.Dropout)]
    assert got == list(form.facts["dropout"].values())
