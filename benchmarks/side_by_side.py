"""Networks at work side by side, one at a time, in the order A B C C B A."""

import math
import os
import statistics
import time
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, ExitStack, nullcontext
from dataclasses import asdict, dataclass
from functools import partial
from typing import Any, Literal

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from tqdm import tqdm

from dcanet.device import memory_format, place
from dcanet.evaluation.inference import make_fast
from dcanet.models import create

from .own_process import ready
from .released_formulation import as_released

Launch = Literal["eager", "graphed", "compiled"]
#: Runs a block of calls: seconds of one by the clock, and of the processor or the GPU.
Block = Callable[[], tuple[float, float]]

#: Calls before anything is timed: memory is allocated, weights are put in order.
WARM_UP_CALLS = 3
#: Of one timed block, so that a disturbance is a small part of what is timed: processor time, and a GPU's.
BLOCK_SECONDS = {"cpu": 0.7, "cuda": 0.15}


@dataclass(frozen=True)
class Settings:
    """What every network is timed with."""

    rounds: int
    batch_size: int
    image_size: int
    threads: int
    device: str = "cpu"


@dataclass(frozen=True)
class Side:
    """One network in one formulation, at one kind of work."""

    model: str
    work: str
    ours: bool = True
    form: str = "printed"
    precision: str = "float32"
    keeps_memory: bool = True
    #: How its operations get to a GPU: one by one, recorded once and replayed (CUDA graph), or fused first.
    launch: Launch = "eager"

    @property
    def label(self) -> str:
        """Its name among those that it is timed with."""
        if not self.ours:
            return "theirs, memory kept" if self.keeps_memory else "theirs"
        if self.form != "released":
            return self.model
        precision = "" if self.precision == "float32" else self.precision
        return ", ".join(filter(None, ("ours", precision, "" if self.launch == "eager" else self.launch)))


def settled(side: Side) -> nn.Module:
    """The same network on every side, whose norms know statistics, so that numbers are of ordinary size."""
    torch.manual_seed(0)
    model = create(side.model, form=side.form)
    norms = [module for module in model.modules() if isinstance(module, nn.BatchNorm2d)]
    for module in model.modules():
        if isinstance(module, nn.Dropout):
            module.p = 0.0  # or each side would drop what the others do not
    momenta = [norm.momentum for norm in norms]
    for norm in norms:
        nn.init.ones_(norm.weight)
        norm.momentum = None
    with torch.no_grad():
        model.train()(noise(4, 64))
    for norm, momentum in zip(norms, momenta, strict=True):
        norm.momentum = momentum
    return model if side.ours else as_released(model)


def noise(count: int, size: int) -> Tensor:
    return torch.randn(count, 3, size, size, generator=torch.Generator().manual_seed(1))


class Runner:
    """One side at work on one batch, again and again."""

    def __init__(self, side: Side, settings: Settings) -> None:
        self._precision, self._device = side.precision, torch.device(settings.device)
        # A graph holds the casts of weights itself; a cast kept from outside it would be freed memory to it.
        self._cached = side.launch != "graphed"
        model = settled(side).train(side.work == "training_step")
        if side.ours and side.work == "inference":
            make_fast(model, self._device, side.precision)
        model = place(model, self._device, channels_last=side.ours)
        self._model = torch.compile(model, dynamic=False) if side.launch == "compiled" else model
        images = noise(settings.batch_size, settings.image_size)
        self._images = images.to(self._device, memory_format=memory_format(side.ours))
        self._targets = torch.arange(settings.batch_size, device=self._device)
        self.run: Callable[[], None] = self._infer
        if side.work == "training_step":
            # A learning rate of 0 does the same arithmetic and leaves the weights as they are.
            self._optimizer = torch.optim.SGD(model.parameters(), lr=0.0, momentum=0.9, weight_decay=1e-4)
            self.run = self._train
        if side.launch == "graphed":
            self.run = recorded(self.run)

    def block(self, calls: int) -> tuple[float, float]:
        """Seconds of one call by the clock, and of the processor or the GPU."""
        self._synchronize()
        clock, processor_time = time.perf_counter(), time.process_time()
        for _ in range(calls):
            self.run()
        self._synchronize()
        seconds = time.perf_counter() - clock
        working = seconds if self._device.type == "cuda" else time.process_time() - processor_time
        return seconds / calls, working / calls

    def warm_up(self) -> int:
        """Bring everything to its place; how many calls make a block."""
        self.block(WARM_UP_CALLS)
        return math.ceil(BLOCK_SECONDS[self._device.type] / self.block(2)[1])

    def _synchronize(self) -> None:
        if self._device.type == "cuda":
            torch.cuda.synchronize()

    @torch.inference_mode()
    def _infer(self) -> None:
        with autocast(self._precision, self._device, self._cached):
            self._model(self._images)

    def _train(self) -> None:
        self._optimizer.zero_grad()
        with autocast(self._precision, self._device, self._cached):
            loss = F.cross_entropy(self._model(self._images), self._targets)
        loss.backward()
        self._optimizer.step()


def autocast(precision: str, device: torch.device, cached: bool) -> AbstractContextManager[Any]:
    if precision == "float32":
        return nullcontext()
    return torch.autocast(device.type, torch.bfloat16, cache_enabled=cached)


def recorded(run: Callable[[], None]) -> Callable[[], None]:
    """The same work as a CUDA graph, which launches all its kernels at once."""
    side_stream = torch.cuda.Stream()
    side_stream.wait_stream(torch.cuda.current_stream())
    with torch.cuda.stream(side_stream):
        for _ in range(WARM_UP_CALLS):
            run()
    torch.cuda.current_stream().wait_stream(side_stream)
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph):
        run()
    return graph.replay


def blocks(side: Side, settings: Settings) -> Block:
    """A block of the side's calls, after those that nobody times."""
    if settings.device == "cuda":
        torch.backends.cudnn.benchmark = True
    else:
        torch.set_num_threads(settings.threads)
    runner = Runner(side, settings)
    calls = runner.warm_up()
    return lambda: runner.block(calls)


def interleaved(sides: Sequence[Side], settings: Settings) -> dict[str, Any]:
    """Seconds of each side's call in each round: the mean of its two blocks."""
    load = os.getloadavg()[0]
    found: dict[str, dict[str, list[float]]] = {side.label: {"clock": [], "processor": []} for side in sides}
    with ExitStack() as stack:
        started = []
        for side in sides:
            block = ready(partial(blocks, side, settings), settings.device, side.keeps_memory)
            started.append((side.label, stack.enter_context(block)))
        title = f"{sides[-1].model} {sides[-1].work}"
        for _ in tqdm(range(settings.rounds), desc=title, leave=False, disable=None):
            taken: dict[str, list[tuple[float, float]]] = {label: [] for label in found}
            for label, block in [*started, *reversed(started)]:
                taken[label].append(block())
            for label, times in taken.items():
                for kind, column in zip(("clock", "processor"), zip(*times, strict=True), strict=True):
                    found[label][kind].append(statistics.fmean(column))
    return {"seconds": found, "load_average": load, **asdict(settings)}
