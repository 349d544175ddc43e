"""Peak memory of a call."""

import platform

import pytest
import torch

from dcanet.profiling import memory
from dcanet.profiling.memory import peak_memory

CPU = torch.device("cpu")
MIB = 2**20


def wait() -> None:
    """A CPU has done what it was asked."""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="needs Linux and glibc")
def test_peak_is_what_is_held_and_what_comes_on_top():
    held = torch.ones(4 * MIB)  # 16 MiB

    def call() -> None:
        for _ in range(3):
            torch.ones(16 * MIB)  # 64 MiB, freed before the next

    call()
    peak = peak_memory(call, [held], CPU, wait)
    assert peak is not None
    # The system counts resident pages for each processor and adds them up now and then.
    assert 76 * MIB <= peak <= 96 * MIB


def test_where_the_system_does_not_tell_there_is_none(tmp_path, monkeypatch):
    monkeypatch.setattr(memory, "PROCESS", tmp_path / "none")
    assert peak_memory(lambda: None, [], CPU, wait) is None
