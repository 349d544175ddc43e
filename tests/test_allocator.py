"""Freed memory is used again instead of being asked of the system anew."""

import subprocess
import sys

import pytest

FAULTS = """
import resource, sys
import torch
from dcanet.allocator import keep_freed_memory

if sys.argv[1] == "keep":
    assert keep_freed_memory()

def faults():
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt

def use():
    torch.ones(12 << 20).add(1)

for _ in range(8):
    use()
before = faults()
for _ in range(4):
    use()
print(faults() - before)
"""


def faults(how: str) -> int:
    """Pages that a process of its own asks for, in using memory that it had and freed before."""
    done = subprocess.run([sys.executable, "-c", FAULTS, how], capture_output=True, text=True, check=True)
    return int(done.stdout)


@pytest.mark.skipif(sys.platform != "linux", reason="glibc's allocator")
def test_freed_memory_is_used_again():
    """Not to the last page: a heap that other allocations have split may still grow by one block."""
    anew = faults("default")
    assert anew > 10_000
    assert faults("keep") < anew / 4
