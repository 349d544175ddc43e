"""Learning rates against the authors' formulas, written out here once more."""

import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from dcanet.training.recipe import Cosine, OneCycle, Steps
from dcanet.training.schedules import build_schedule


def rates(schedule, epochs, steps_per_epoch, rate=0.1):
    """The learning rate of every step."""
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=rate)
    total = epochs * steps_per_epoch
    scheduler = build_schedule(optimizer, schedule, steps_per_epoch, total)
    found = []
    for _ in range(total):
        found.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        scheduler.step()
    return found


@given(st.integers(8, 40), st.integers(1, 7), st.integers(0, 5))
def test_mobile_schedule(epochs, iterations, warmup):
    expected = []
    for e in range(epochs):
        for i in range(iterations):
            x = e + (i + 1) / iterations
            if e < warmup:
                expected.append(0.1 * x / warmup)
            else:
                expected.append(0.1 * (1 + math.cos(math.pi * (x - warmup) / (epochs - warmup))) / 2)
    found = rates(Cosine(name="cosine", warmup_epochs=warmup), epochs, iterations)
    assert found == pytest.approx(expected, abs=1e-12)
    assert found[-1] == pytest.approx(0, abs=1e-12)


def test_resnet_schedule_is_set_at_the_start_of_an_epoch():
    found = rates(Steps(name="steps", milestones=[30, 60, 90]), 100, 2)
    assert found == pytest.approx([0.1 * 0.1 ** (epoch // 30) for epoch in range(100) for _ in range(2)])


def test_detection_warm_up():
    """lr (1 - (1 - t / 500) 2/3) for the first 500 iterations."""
    schedule = Steps(name="steps", milestones=[16, 22], warmup_iterations=500, warmup_from=1 / 3)
    found = rates(schedule, 24, 100, rate=0.02)
    expected = [0.02 * (1 - (1 - t / 500) * 2 / 3) for t in range(500)]
    assert found[:500] == pytest.approx(expected)
    assert found[500] == 0.02
    assert found[1600] == pytest.approx(0.002)
    assert found[2399] == pytest.approx(0.0002)


def test_one_cycle_rises_and_falls():
    found = rates(OneCycle(name="one_cycle", warmup=0.25), 2, 50)
    assert max(found) == pytest.approx(0.1, rel=1e-3)
    assert found.index(max(found)) == pytest.approx(25, abs=1)
    assert found[-1] < 1e-5
