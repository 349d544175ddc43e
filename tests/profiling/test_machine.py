"""Noticing other work, and reading the machine's sensors."""

import os
import subprocess
import sys
import time
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch

from dcanet.profiling import machine
from dcanet.profiling.gpu_board import GpuBoard
from dcanet.profiling.machine import OtherWork, machine_state, processor_mhz

CPU, GPU = torch.device("cpu"), torch.device("cuda")
CORES = sorted(machine._own_cores())


@pytest.fixture
def stat(tmp_path, monkeypatch):
    """A /proc/stat of our own: sets the busy seconds of the first processor."""
    file = tmp_path / "stat"
    monkeypatch.setattr(machine, "STAT", file)

    def busy(seconds: float) -> None:
        ticks = int(seconds * os.sysconf("SC_CLK_TCK"))
        lines = [f"cpu{core} {ticks if core == CORES[0] else 0} 0 0 9 9 0 0 0 0 0" for core in CORES]
        # A processor that this process may not use does not matter.
        file.write_text(
            "\n".join(["cpu 1 1 1 1 1 1 1 1 1 1", *lines, "cpu9999 99999 0 0 0 0 0 0 0 0 0", "intr 1"])
        )

    busy(1000)
    return busy


def work(seconds: float) -> float:
    """Compute that long in this process; returns the processor time of it."""
    began, ends = time.process_time(), time.monotonic() + seconds
    while time.monotonic() < ends:
        pass
    return time.process_time() - began


@pytest.mark.skipif(not Path("/proc/stat").exists(), reason="needs Linux")
def test_a_busy_process_is_noticed():
    began = time.monotonic()
    others = OtherWork(CPU, None)
    busy = subprocess.Popen([sys.executable, "-c", "while True: pass"])
    try:
        while not others.noticed() and time.monotonic() - began < 30:
            time.sleep(0.05)
        assert others.noticed()
        assert others.cores() > 0.05
    finally:
        busy.kill()
        busy.wait()


def test_own_work_is_not_taken_for_others(stat):
    others = OtherWork(CPU, None)
    stat(1000 + work(0.3))
    assert others.cores() == pytest.approx(0, abs=0.1)
    assert not others.noticed()
    stat(1000.3 + 0.6 * len(CORES))
    assert others.noticed()


def test_watching_anew_forgets_what_was_before(stat):
    others = OtherWork(CPU, None)
    stat(2000)
    assert others.noticed()
    others.restart()
    work(0.05)
    assert not others.noticed()


def test_beside_a_gpu_one_free_processor_is_enough(stat):
    others = OtherWork(GPU, None)
    time.sleep(0.2)
    stat(1000 + 0.2 * (len(CORES) - 1.2))
    assert not others.noticed()
    stat(1000 + 2 * len(CORES))
    assert others.noticed()


@pytest.mark.parametrize(("load", "noticed"), [(0.2, False), (0.3, True)])
def test_where_the_system_does_not_tell_the_load_before_decides(tmp_path, monkeypatch, load, noticed):
    monkeypatch.setattr(machine, "STAT", tmp_path / "none")
    monkeypatch.setattr(os, "getloadavg", lambda: (load * os.cpu_count(), 0.0, 0.0))
    assert OtherWork(CPU, None).noticed() is noticed


def test_state_of_the_processors():
    state = machine_state(None)
    assert state.load_average >= 0
    assert state.power_watts is state.temperature_celsius is None
    clock = processor_mhz()
    assert state.clock_mhz is clock is None or clock > 100


class NVMLError(Exception):
    pass


def stand_in(**known: float) -> SimpleNamespace:
    """NVML for a board that knows only what is given, in NVML's units."""

    def read(name: str):
        def value(*_: object) -> float:
            if name not in known:
                raise NVMLError(name)
            return known[name]

        return value

    names = ("ClockInfo", "Temperature", "PowerUsage", "TotalEnergyConsumption", "UtilizationRates")
    return SimpleNamespace(
        NVMLError=NVMLError,
        NVML_CLOCK_SM=1,
        NVML_TEMPERATURE_GPU=0,
        nvmlInit=lambda: None,
        **{f"nvmlDeviceGet{name}": read(name) for name in names},
    )


def test_state_of_a_board():
    board = GpuBoard(
        stand_in(ClockInfo=1980, Temperature=41, PowerUsage=123_456, TotalEnergyConsumption=2500), None
    )
    state = machine_state(board)
    assert (state.clock_mhz, state.temperature_celsius, state.power_watts) == (1980, 41, 123.456)
    assert board.joules() == 2.5
    assert board.busy_percent() is None


def test_a_board_that_tells_nothing():
    board = GpuBoard(stand_in(), None)
    state = machine_state(board)
    assert state.clock_mhz is state.temperature_celsius is state.power_watts is board.joules() is None


@pytest.mark.parametrize(("percent", "noticed"), [(5, False), (50, True)])
def test_a_gpu_that_computed_before_is_noticed(stat, percent, noticed):
    board = GpuBoard(stand_in(UtilizationRates=SimpleNamespace(gpu=percent)), None)
    others = OtherWork(GPU, board)
    time.sleep(0.05)
    assert others.noticed() is noticed


def test_no_board_without_a_gpu():
    assert GpuBoard.of(CPU) is None
