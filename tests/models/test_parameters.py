"""Parameters of every model as printed."""

from pathlib import Path

import pytest
import torch

from dcanet.models import create
from dcanet.sheets import read_pairs

SHEET = Path(__file__).parents[2] / "config" / "pairs.tsv"
PRINTED = {model.id: model.published_params_mega for pair in read_pairs(SHEET) for model in pair.models}

# What the released code has where that is not what the paper prints.
RELEASED = {"dca_se_resnet50": 30.90, "dca_ge_resnet50": 28.37, "cbam_mnasnet1_0": 4.46}


def parameters(model: torch.nn.Module) -> int:
    return sum(parameter.numel() for parameter in model.parameters())


def on_meta(name: str, form: str) -> torch.nn.Module:
    with torch.device("meta"):
        return create(name, form=form)


@pytest.mark.parametrize("name", PRINTED)
def test_parameters_as_printed(name):
    assert f"{parameters(on_meta(name, 'printed')) / 1e6:.2f}" == f"{PRINTED[name]:.2f}"


@pytest.mark.parametrize("name", PRINTED)
def test_parameters_as_released(name):
    want = RELEASED.get(name, PRINTED[name])
    assert f"{parameters(on_meta(name, 'released')) / 1e6:.2f}" == f"{want:.2f}"
