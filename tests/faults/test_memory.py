"""Memory that runs out."""

import re

import pytest
from children import Ended, dcanet
from fault_counting import HEALED, Faults
from laboratory import STAGES, forget
from limits import Memory
from outcomes import stopped_in_one_line

pytestmark = pytest.mark.faults

#: Bytes beyond what the process begins with.
MEBIBYTES = (1, 4, 16, 32, 48, 64)


def gave_up(ended: Ended) -> bool:
    """Whether a library ended the process, with a line of its own."""
    return ended.code != 0 and re.fullmatch(r"OpenBLAS error: Memory allocation .*\n", ended.text) is not None


@pytest.mark.parametrize("name", ["train", "evaluate", "focus", "convert"])
def test_out_of_memory(name, run, same, faults: Faults):
    stage = STAGES[name]
    lacked = 0
    for more in MEBIBYTES:
        forget(run, stage)
        ended = dcanet(run, *stage.command, fault=Memory(more << 20))
        if ended.code == 0:
            assert same(run, stage)
            continue
        assert stopped_in_one_line(ended) or gave_up(ended), (more, ended.code, ended.text)
        assert "memory" in ended.text.lower()
        lacked += 1
    assert lacked
    ended = dcanet(run, *stage.command)
    assert ended.code == 0, ended.text
    assert same(run, stage)
    faults.count("out of memory", name, HEALED, lacked)
