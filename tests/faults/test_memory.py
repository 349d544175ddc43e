"""Memory that runs out."""

import re
import signal

import pytest
from children import Ended, dcanet
from fault_counting import HEALED, Faults
from laboratory import STAGES, Stage, forget
from limits import Memory
from outcomes import stopped_in_one_line

pytestmark = pytest.mark.faults

#: Bytes beyond what the process begins with.
MEBIBYTES = (1, 4, 16, 32, 48, 64)


def ended_by_a_library(ended: Ended) -> bool:
    """With a line of its own, or by a signal: not all of them look at what malloc answers."""
    said = re.fullmatch(r"OpenBLAS error: Memory allocation .*\n", ended.text)
    return ended.code in (-signal.SIGSEGV, -signal.SIGABRT) or (ended.code != 0 and said is not None)


@pytest.mark.parametrize("name", ["train", "evaluate", "focus", "convert"])
def test_out_of_memory(name, run, same, faults: Faults):
    stage = STAGES[name]
    told = by_library = 0
    for more in MEBIBYTES:
        forget(run, stage)
        ended = dcanet(run, *stage.command, fault=Memory(more << 20))
        if ended.code == 0:
            assert same(run, stage)
            continue
        assert all(not (run / file).exists() or same(run, Stage((), (file,))) for file in stage.files)
        if ended_by_a_library(ended):
            by_library += 1
            continue
        assert stopped_in_one_line(ended), (more, ended.code, ended.text)
        assert "memory" in ended.text
        told += 1
    assert told
    ended = dcanet(run, *stage.command)
    assert ended.code == 0, ended.text
    assert same(run, stage)
    faults.count("out of memory", name, HEALED, told)
    faults.count("out of memory in a library", name, HEALED, by_library)
