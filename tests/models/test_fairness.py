"""A connected network and its baseline differ in the connection alone, or it is said where else."""

from typing import Any

import pytest
import torch
from torch import nn

from dcanet.models import TRIPLES, create, default_options
from dcanet.models.fairness import beyond_connection, fair_options, hand_ons

CONNECTED = [name for name, (_, _, connected) in TRIPLES.items() if connected]
UNFAIR = {
    "dca_se_mnasnet1_0": {"first_reduction": (16, 8)},
    "dca_cbam_mnasnet1_0": {"reduction": (16, 8), "spatial_momentum": (pytest.approx(0.0003), 0.01)},
}


def outside_connection(name: str, **options: Any) -> dict[str, Any]:
    """Shapes of all tensors and momenta of all norms that are not the connection's."""
    with torch.device("meta"):
        model = create(name, **options)
    shapes = {key: tuple(value.shape) for key, value in model.state_dict().items()}
    momenta = {key: norm.momentum for key, norm in model.named_modules() if isinstance(norm, nn.BatchNorm2d)}
    return {key: value for key, value in (shapes | momenta).items() if ".connection." not in key}


@pytest.mark.parametrize("name", CONNECTED)
def test_what_options_say_is_what_is_built(name):
    baseline = name.removeprefix("dca_")
    apart = beyond_connection(default_options(baseline), default_options(name))
    assert apart == UNFAIR.get(name, {})
    assert (outside_connection(baseline) == outside_connection(name)) is not bool(apart)
    fair = fair_options(default_options(baseline), default_options(name))
    assert outside_connection(baseline, **fair) == outside_connection(name)


def test_momenta_written_in_another_way_are_the_same():
    assert beyond_connection({"spatial_momentum": 1 - 0.9997}, {"spatial_momentum": 0.0003}) == {}
    assert beyond_connection({"spatial_momentum": 0.01}, {"spatial_momentum": 0.0003})


def test_what_each_backbone_hands_on():
    assert hand_ons("sk", "released") == {"dca_sk_resnet50": "pooled", "dca_sk_mobilenet_v2": "gates"}
    assert set(hand_ons("sk").values()) == {"pooled"}
    assert list(hand_ons("cbam").values()) == ["vector", "vector", "map"]
    assert hand_ons("se") == {}
