"""Trainings that go wrong end with a verdict; those that only wobble go on."""

import pytest
import torch

from dcanet.errors import UserError
from dcanet.training.guard import WINDOW, Guard


def feed(guard, losses):
    for step, loss in enumerate(losses, start=1):
        guard.add(torch.tensor(float(loss)), 1, step)


def test_falling_noisy_losses_are_fine():
    generator = torch.Generator().manual_seed(0)
    noise = torch.rand(20 * WINDOW, generator=generator)
    feed(Guard(), [7 * 0.997**step * (0.5 + float(noise[step])) for step in range(20 * WINDOW)])


@pytest.mark.parametrize("bad", [float("nan"), float("inf")])
def test_a_loss_that_is_not_finite(bad):
    guard = Guard()
    feed(guard, [2.0] * 7 + [bad])
    with pytest.raises(
        UserError, match=r"epoch 2, step 8: the loss became (nan|inf); lower the recipe's learn"
    ):
        guard.look(2, 8)


def test_divergence_names_the_lowest_loss():
    guard = Guard()
    feed(guard, [2.0] * WINDOW + [0.5] * WINDOW)
    with pytest.raises(UserError, match=r"training diverged, the loss is 40 after a lowest of 0.5"):
        feed(guard, [40.0] * WINDOW)


def test_its_state_goes_on():
    first, second = Guard(), Guard()
    feed(first, [2.0] * WINDOW)
    second.load_state_dict(first.state_dict())
    with pytest.raises(UserError, match="diverged"):
        feed(second, [40.0] * WINDOW)
