"""kill -9 of every command: within each of its writes, and at random moments."""

import itertools
import random
import time

import pytest
from children import Child, dcanet
from crash_points import MOMENTS, At
from fault_counting import HEALED
from laboratory import STAGES, Stage, by_stage, forget

pytestmark = pytest.mark.faults

#: Commands that take long are killed at one moment of each write, the others at all of them.
LONG = {"audit": 1, "costs": 2, "scenes": 2, "report": 1, "train": 2}
RANDOM_KILLS = 4


def whole_or_absent(root, undisturbed, stage, same) -> bool:
    return all(not (root / name).exists() or same(root, Stage((), (name,))) for name in stage.files)


@pytest.mark.parametrize("name", [by_stage(name) for name in STAGES])
def test_killed_within_each_write(name, run, undisturbed, same, faults):
    stage = STAGES[name]
    moments = MOMENTS[-LONG.get(name, len(MOMENTS)) :]
    for moment in moments:
        forget(run, stage)
        for number in itertools.count():
            # What a training has saved it does not write again.
            ended = dcanet(
                run, *stage.command, fault=At(moment, number % 5 if name == "train" else number, run)
            )
            if not ended.killed:
                break
            assert whole_or_absent(run, undisturbed, stage, same)
            faults.count("kill -9 within a write", name, HEALED)
        assert ended.code == 0, ended.text
        assert number > 0
        assert same(run, stage)


@pytest.mark.parametrize("name", [by_stage(name) for name in STAGES])
def test_killed_at_random_moments(name, run, undisturbed, same, faults):
    stage, choice = STAGES[name], random.Random(name)
    began = time.monotonic()
    assert dcanet(run, *stage.command).code == 0
    took = time.monotonic() - began
    forget(run, stage)
    for _ in range(RANDOM_KILLS):
        child = Child(run, stage.command)
        child.process.join(choice.uniform(0, took))
        child.kill()
        ended = child.end()
        assert whole_or_absent(run, undisturbed, stage, same)
        if ended.killed:
            faults.count("kill -9 at a random moment", name, HEALED)
    ended = dcanet(run, *stage.command)
    assert ended.code == 0, ended.text
    assert same(run, stage)
