"""The ablations of the connection: addition in place of weights, and a chain for each stage."""

import pytest
import torch
from torch import Tensor, nn

from dcanet.models import assemble, create, default_options, known, names
from dcanet.models.attention import Attention
from dcanet.models.connection import Addition, Connection, Unheard

CONNECTED = [
    name for name in known() if name.startswith("dca_") and name.endswith(("_resnet18", "_mobilenet_v2"))
]


def on_meta(name: str) -> nn.Module:
    with torch.device("meta"):
        return assemble(name, 10)


def connections(model: nn.Module) -> list[nn.Module]:
    return [module for module in model.modules() if isinstance(module, Connection)]


@pytest.mark.parametrize("name", CONNECTED)
def test_addition_takes_the_weights_of_the_merge_and_nothing_else(name):
    weighted, added = on_meta(name), on_meta(f"{name}__merge_addition")
    assert all(isinstance(connection.merge, Addition) for connection in connections(added))
    merged = {key for key in weighted.state_dict() if ".merge." in key}
    assert merged
    assert weighted.state_dict().keys() - added.state_dict().keys() == merged
    assert added.state_dict().keys() <= weighted.state_dict().keys()


@pytest.mark.parametrize("name", CONNECTED)
def test_a_chain_of_a_stage_has_no_parameter_that_is_not_used(name):
    model = create(f"{name}__scope_stage", 10)
    model(torch.randn(2, 3, 64, 64)).square().sum().backward()
    assert not [key for key, parameter in model.named_parameters() if parameter.grad is None]
    begins = [gate for gate in model.modules() if isinstance(gate, Attention) and not gate.listens]
    assert begins
    assert all(isinstance(gate.connection, Unheard) and gate.connected for gate in begins)
    if "_sk_" not in name:  # of inverted residuals the first of a stage has another inner width
        assert not [key for key, _ in model.named_parameters() if ".match." in key]


@pytest.mark.parametrize("name", ["dca_se_resnet18", "dca_cbam_resnet18", "dca_coord_resnet18"])
def test_what_is_heard(name):
    """The first block of a stage does not depend on what it is handed, the second does."""
    torch.manual_seed(0)
    model = create(f"{name}__scope_stage", 10).eval()
    first, second = model.stages[1].children()
    with torch.no_grad():
        x, handed_on = model.stages[0][0](torch.randn(2, 64, 16, 16))
        alone, with_previous = first(x), first(x, handed_on)
        torch.testing.assert_close(alone, with_previous, rtol=0, atol=0)
        x, handed_on = alone
        assert not torch.equal(second(x)[0], second(x, handed_on)[0])


def test_defaults_stand_among_no_options():
    for name in names():
        assert not {"merge", "scope"} & default_options(name).keys()
    model = on_meta("dca_se_resnet18__merge_weighted__scope_everywhere")
    assert model.model_options == default_options("dca_se_resnet18")


def test_addition_is_the_sum():
    current, previous = torch.randn(2, 3), torch.randn(2, 3)
    expected: Tensor = current + previous
    assert torch.equal(Connection(Addition())(current, previous), expected)
    assert Connection(Addition()).macs() == 0
