"""Peak memory of a call."""

import platform
import subprocess
import sys

import pytest
import torch

from dcanet.profiling import memory
from dcanet.profiling.memory import peak_memory

CPU = torch.device("cpu")
MIB = 2**20


def wait() -> None:
    """A CPU has done what it was asked."""


PROGRAM = """
import torch
from dcanet.profiling.memory import peak_memory

held = torch.ones(4 << 20)  # 16 MiB

def call():
    for _ in range(3):
        torch.ones(16 << 20)  # 64 MiB, freed before the next

call()
print(peak_memory(call, [held], torch.device("cpu"), lambda: None))
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="needs Linux and glibc")
def test_peak_is_what_is_held_and_what_comes_on_top():
    """In a process of its own: how memory is taken is a setting of the whole process."""
    done = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=True)
    # The system counts resident pages for each processor and adds them up now and then.
    assert 76 * MIB <= int(done.stdout) <= 96 * MIB


def test_where_the_system_does_not_tell_there_is_none(tmp_path, monkeypatch):
    monkeypatch.setattr(memory, "PROCESS", tmp_path / "none")
    assert peak_memory(lambda: None, [], CPU, wait) is None
