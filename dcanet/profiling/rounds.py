"""Interleaved rounds of timing, until two in a row agree."""

import gc
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from tqdm import tqdm

from ..config_sections import ProfileSettings
from .estimates import agree
from .gpu_board import GpuBoard
from .workload import Workload

#: Calls of a network before anything is counted: the first chooses kernels and compiles, the second has the
#: optimiser's memory.
WARM_UP_CALLS = 2
#: A board's energy counter moves about ten times a second: shorter blocks would count neighbours' energy.
SHORTEST_METERED_BLOCK = 1.0


@dataclass(frozen=True)
class Block:
    """Calls of one network in a row; `singly` has each one's time where each was waited for by itself."""

    images: int
    seconds: float
    singly: Sequence[float] = ()
    joules: float | None = None

    @property
    def seconds_per_image(self) -> float:
        return self.seconds / self.images


def joined(blocks: Sequence[Block]) -> Block:
    """Several blocks of one network as one."""
    energies = [block.joules for block in blocks if block.joules is not None]
    return Block(
        sum(block.images for block in blocks),
        sum(block.seconds for block in blocks),
        [seconds for block in blocks for seconds in block.singly],
        sum(energies) if len(energies) == len(blocks) else None,
    )


class BlockTimer:
    """Times a network in blocks of at least `block_seconds`.

    A single image is waited for before the next one is given, as who asks for one at a time does; larger
    batches follow one another as fast as the device takes them.
    """

    def __init__(self, workload: Workload, block_seconds: float, board: GpuBoard | None) -> None:
        self.workload, self._block_seconds = workload, block_seconds
        self._board = board if block_seconds >= SHORTEST_METERED_BLOCK else None
        self._singly = workload.images == 1
        self._calls = 1

    def warm_up(self) -> None:
        """Run until everything is chosen, compiled and allocated, and find how many calls fill a block."""
        for _ in range(WARM_UP_CALLS):
            self.workload.run()
        self.workload.synchronize()
        started, self._calls = time.perf_counter(), 0
        while time.perf_counter() - started < self._block_seconds:
            self.workload.run()
            self.workload.synchronize()
            self._calls += 1

    def block(self) -> Block:
        """Time one block."""
        singly: list[float] = []
        joules = self._board.joules() if self._board else None
        started = before = time.perf_counter()
        for _ in range(self._calls):
            self.workload.run()
            if self._singly:
                self.workload.synchronize()
                after = time.perf_counter()
                singly.append(after - before)
                before = after
        self.workload.synchronize()
        seconds = time.perf_counter() - started
        now = self._board.joules() if self._board else None
        spent = None if joules is None or now is None else now - joules
        return Block(self._calls * self.workload.images, seconds, singly, spent)


@dataclass(frozen=True)
class Rounds:
    """For each network, its block of each round; whether the last two rounds agreed."""

    blocks: Sequence[Sequence[Block]]
    settled: bool


def ratios(blocks: Sequence[Sequence[Block]]) -> list[float]:
    """Time of the second network over the first's in each round; of one alone, its time per image."""
    times = [[block.seconds_per_image for block in of_one] for of_one in blocks]
    if len(times) == 1:
        return times[0]
    return [connected / baseline for baseline, connected in zip(*times, strict=True)]


def interleave(timers: Sequence[BlockTimer], settings: ProfileSettings, title: str) -> Rounds:
    """Time warm networks in the order baseline, connected, connected, baseline, round after round.

    It ends when the ratio of two rounds in a row agrees within `settings.agreement_percent` or when
    `settings.budget_seconds` are over, after two rounds at least.
    """
    blocks: list[list[Block]] = [[] for _ in timers]
    order = [*range(len(timers)), *reversed(range(len(timers)))]
    ends = time.monotonic() + settings.budget_seconds
    with _no_collections(), tqdm(desc=title, unit="round", leave=False, disable=None) as progress:
        while True:
            found: list[list[Block]] = [[] for _ in timers]
            for index in order:
                found[index].append(timers[index].block())
            for index, of_one in enumerate(found):
                blocks[index].append(joined(of_one))
            progress.update()
            if settled := agree(ratios(blocks), settings.agreement_percent):
                break
            if len(blocks[0]) >= 2 and time.monotonic() >= ends:
                break
    return Rounds(blocks, settled)


@contextmanager
def _no_collections() -> Iterator[None]:
    """Python collects its garbage before, and not within a block."""
    gc.collect()
    gc.disable()
    try:
        yield
    finally:
        gc.enable()
