"""The state of the machine around a timing, and whether something else ran beside it."""

import os
import time
from pathlib import Path
from statistics import mean

import torch

from ..profile_documents import MachineState
from .gpu_board import GpuBoard

#: Load average per core, and share of a GPU's time, above which a machine counts as loaded before a start.
LOAD_BEFORE, GPU_PERCENT_BEFORE = 0.25, 10
STAT = Path("/proc/stat")


def machine_state(board: GpuBoard | None) -> MachineState:
    """Load of the processors with the GPU's clock, temperature and power, or the processors' clock."""
    load = os.getloadavg()[0] / (os.cpu_count() or 1)
    if board is None:
        return MachineState(load_average=load, clock_mhz=processor_mhz())
    return MachineState(
        load_average=load,
        clock_mhz=board.clock_mhz(),
        temperature_celsius=board.temperature_celsius(),
        power_watts=board.power_watts(),
    )


def processor_mhz() -> float | None:
    """Mean clock of the processors now, as Linux tells it."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
        clocks = [float(line.partition(":")[2]) for line in lines if line.startswith("cpu MHz")]
        if not clocks:
            files = Path("/sys/devices/system/cpu").glob("cpu[0-9]*/cpufreq/scaling_cur_freq")
            clocks = [float(file.read_text()) / 1e3 for file in files]
    except (OSError, ValueError):
        return None
    return mean(clocks) if clocks else None


class OtherWork:
    """Watches what other processes take of the processors; to be made before this one starts its work."""

    def __init__(self, device: torch.device, board: GpuBoard | None) -> None:
        self._device = device
        self._load_before = machine_state(board).load_average
        self._gpu_before = board.busy_percent() if board else None
        self._cores = len(_own_cores())
        self.restart()

    def restart(self) -> None:
        """Watch from now on."""
        self._began, self._own, self._busy = time.monotonic(), time.process_time(), _busy_seconds()

    def cores(self) -> float | None:
        """How many processors others kept busy in the mean; None where the system does not tell.

        The processors' busy time, a hypervisor's theft included, less this process's own.
        """
        busy = _busy_seconds()
        if busy is None or self._busy is None:
            return None
        others = busy - self._busy - (time.process_time() - self._own)
        return max(0.0, others / max(time.monotonic() - self._began, 1e-9))

    def noticed(self) -> bool:
        """Whether others took enough to move a timing.

        On a CPU all threads wait for the slowest, so that little is enough: 5 % of the processors (with a
        twentieth of one for what every system does beside), and half a processor of many. Beside a GPU one
        processor must be free to feed it, and nothing else may have computed on it before. Only where the
        system does not tell, the load average before the start decides: it remembers what ran before, too.
        """
        if self._gpu_before is not None and self._gpu_before > GPU_PERCENT_BEFORE:
            return True
        others = self.cores()
        if others is None:
            return self._load_before > LOAD_BEFORE
        if self._device.type != "cpu":
            return others > self._cores - 1
        return others > min(0.05 * self._cores + 0.05, 0.5)


def _own_cores() -> set[int]:
    if hasattr(os, "sched_getaffinity"):
        return os.sched_getaffinity(0)
    return set(range(os.cpu_count() or 1))


def _busy_seconds() -> float | None:
    """Busy time of the processors that this process may use, from /proc/stat of Linux."""
    wanted = {f"cpu{core}" for core in _own_cores()}
    busy = 0
    try:
        for line in STAT.read_text().splitlines():
            name, *ticks = line.split()
            if name in wanted:
                user, nice, system, _, _, irq, softirq, steal = map(int, ticks[:8])
                busy += user + nice + system + irq + softirq + steal
    except (OSError, ValueError):
        return None
    return busy / os.sysconf("SC_CLK_TCK")
