"""The optimisers take torch's own steps, and do not import its compiler for them."""

import subprocess
import sys

import pytest
import torch
from torch import nn

from dcanet import optimizers


def steps(kind, count, state=None):
    """Weights and state after so many steps on the same gradients."""
    torch.manual_seed(0)
    layer = nn.Linear(5, 3)
    optimizer = kind(layer.parameters(), lr=0.1, weight_decay=0.01, fused=True)
    if state:
        optimizer.load_state_dict(state)
    for _ in range(count):
        layer(torch.ones(2, 5)).square().sum().backward()
        optimizer.step()
        optimizer.zero_grad()
    assert layer.weight.grad is None
    return layer.state_dict(), optimizer.state_dict()


@pytest.mark.parametrize("name", ["SGD", "AdamW"])
def test_same_steps_and_states_as_torch(name):
    ours, theirs = getattr(optimizers, name), getattr(torch.optim, name)
    (weights, state), (their_weights, their_state) = steps(ours, 3), steps(theirs, 3)
    assert state["param_groups"] == their_state["param_groups"]
    for found, wanted in ((weights, their_weights), (state["state"], their_state["state"])):
        torch.testing.assert_close(found, wanted, rtol=0, atol=0)
    torch.testing.assert_close(steps(ours, 2, their_state), steps(theirs, 2, state), rtol=0, atol=0)


def test_steps_are_no_part_of_a_gradient():
    weight = nn.Parameter(torch.ones(1))
    optimizer = optimizers.SGD([weight], lr=0.5)
    (2 * weight).backward()
    optimizer.step()
    assert weight.is_leaf
    assert weight.item() == 0
    assert torch.is_grad_enabled()


def test_a_training_does_not_import_the_compiler(image_folder, tmp_path):
    recipe = tmp_path / "recipe.yaml"
    recipe.write_text(
        "{epochs: 1, batch_size: 4, optimizer: {name: adamw, learning_rate: 0.001}, clip_norm: 1, ema: 0.9,"
        " schedule: {name: one_cycle}, preprocessing: {resize: 32, crop: 32}}"
    )
    line = ["train", "--model", "mobilenet_v2", "--data", str(image_folder()), "--recipe", str(recipe)]
    line += ["--device", "cpu", "--out", str(tmp_path / "train")]
    code = "import sys; from dcanet.cli import main; print(main(sys.argv[1:]), *sys.modules)"
    done = subprocess.run([sys.executable, "-c", code, *line], capture_output=True, text=True, check=True)
    ended, *modules = done.stdout.splitlines()[-1].split()
    assert ended == "0", done.stderr
    assert "torch" in modules
    assert "torch._dynamo" not in modules
