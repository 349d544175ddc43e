"""A clock that goes backwards, and files that are of tomorrow."""

import datetime
import os
import time
from dataclasses import dataclass

import pytest
from children import dcanet
from fault_counting import UNMOVED, Faults
from laboratory import STAGES, forget

pytestmark = pytest.mark.faults


@dataclass(frozen=True)
class Backwards:
    """Called in a process, lets its clock go back by an hour at every look."""

    def __call__(self) -> None:
        import dcanet.provenance

        looked_at = time.time()

        class Datetime(datetime.datetime):
            @classmethod
            def now(cls, tz: datetime.tzinfo | None = None) -> datetime.datetime:
                return datetime.datetime.fromtimestamp(earlier(), tz)

        def earlier() -> float:
            nonlocal looked_at
            looked_at -= 3600
            return looked_at

        time.time = earlier
        dcanet.provenance.datetime = Datetime  # type: ignore[misc, attr-defined]


@pytest.mark.parametrize("name", ["train", "evaluate", "costs", "statistics", "report"])
def test_a_clock_that_goes_back(name, run, same, faults: Faults):
    """Times are told and decide nothing."""
    stage = STAGES[name]
    forget(run, stage)
    ended = dcanet(run, *stage.command, fault=Backwards())
    assert ended.code == 0, ended.text
    assert same(run, stage)
    faults.count("clock goes back", name, UNMOVED)


@pytest.mark.parametrize("name", ["describe", "train", "evaluate", "statistics", "report"])
@pytest.mark.parametrize("when", [0, pytest.param(4e9, marks=pytest.mark.lengthy)], ids=["1970", "2096"])
def test_files_of_another_time(name, when, run, same, faults: Faults):
    stage = STAGES[name]
    forget(run, stage)
    for path in run.rglob("*"):
        os.utime(path, (when, when))
    ended = dcanet(run, *stage.command)
    assert ended.code == 0, ended.text
    assert same(run, stage)
    faults.count("files of another time", name, UNMOVED)


def test_a_report_of_jobs_that_ended_before_they_began(run, faults: Faults):
    check = ("verify", "results/tiny", "--data", "images")
    before = dcanet(run, *check)
    for stage in (STAGES["train"], STAGES["evaluate"], STAGES["report"]):
        forget(run, stage)
        ended = dcanet(run, *stage.command, fault=Backwards())
        assert ended.code == 0, ended.text
    assert dcanet(run, *check) == before
    faults.count("clock goes back", "verify", UNMOVED)
