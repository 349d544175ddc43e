"""Speed of a pair, timed interleaved under every setting, so that the ratio survives a drifting machine."""

import gc
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import torch
from tqdm import tqdm

from ..config_sections import ProfileSettings
from ..device import choose_device, device_name
from ..errors import UserError
from ..exhaustion import is_out_of_memory
from ..profile_documents import Measurement, Setting, Throughput
from ..weights import networks
from .gpu_board import GpuBoard
from .machine import OtherWork, machine_state
from .measurement import findings
from .memory import peak_memory
from .rounds import BlockTimer, interleave
from .setting import in_words
from .workload import Workload


def measure_throughput(
    pair: str,
    models: Mapping[str, dict[str, Any]],
    settings: ProfileSettings,
    device: str,
    on_measurement: Callable[[Measurement], None] | None = None,
) -> Throughput:
    """Speeds of one network or a pair (id -> options; baseline first) under each of the settings.

    Classifiers work on squares of `settings.image_size` pixels, detectors on `settings.detector_height` x
    `settings.detector_width`. `on_measurement` hears of each as it is done.

    Raises:
        UserError: the device is not there, the models are no pair, one image does not fit into the memory, or
            torch cannot compile here.
    """
    begun = time.monotonic()
    chosen = choose_device(device)
    detectors = {networks.split_id(name)[0] is not None for name in models}
    if len(models) not in (1, 2) or len(detectors) != 1:
        raise UserError(
            f"throughput of {', '.join(models)}: time one network, or a baseline and its partner, both "
            "classifiers or both detectors"
        )
    height = width = settings.image_size
    if detectors == {True}:
        height, width = settings.detector_height, settings.detector_width
    bench = _Bench(models, settings, (height, width), chosen)
    measurements = []
    with _trying_convolutions():
        for setting in settings.settings:
            measurements.append(bench.measure(setting))
            if on_measurement:
                on_measurement(measurements[-1])
    return Throughput(
        pair=pair,
        device=chosen.type,
        device_name=device_name(chosen),
        threads=torch.get_num_threads(),
        height=height,
        width=width,
        seconds=time.monotonic() - begun,
        measurements=measurements,
    )


@dataclass
class _Bench:
    """The networks, the size of their images (height, width) and the device."""

    models: Mapping[str, dict[str, Any]]
    settings: ProfileSettings
    size: tuple[int, int]
    device: torch.device

    def __post_init__(self) -> None:
        self.board = GpuBoard.of(self.device)
        self.others = OtherWork(self.device, self.board)

    def measure(self, wanted: Setting) -> Measurement:
        """A measurement at the wanted batch size, or at the first half, quarter... of it that fits."""
        setting = wanted
        while True:
            if found := self._attempt(setting, wanted.batch_size):
                return found
            # Only here, with the error forgotten, are its tensors free.
            gc.collect()
            if self.device.type == "cuda":
                torch.cuda.empty_cache()
            height, width = self.size
            asked = f"{', '.join(self.models)}: {in_words(setting)}, {height} x {width} pixels"
            too_much = f"{asked}: does not fit into the memory of {device_name(self.device)}"
            if setting.batch_size == 1:
                raise UserError(f"{too_much}; choose smaller images")
            setting = setting.model_copy(update={"batch_size": setting.batch_size // 2})
            tqdm.write(f"{too_much}; going on with batch {setting.batch_size}")

    def _attempt(self, setting: Setting, wanted_batch_size: int) -> Measurement | None:
        """None where the memory is too small."""
        before = machine_state(self.board)
        try:
            timers, peaks = self._warm_timers(setting)
            self.others.restart()
            rounds = interleave(timers, self.settings, f"{next(iter(self.models))}: {in_words(setting)}")
        except Exception as error:
            if is_out_of_memory(error):
                return None
            if setting.compiled and type(error).__module__.startswith(("torch._dynamo", "torch._inductor")):
                why = next(filter(None, str(error).splitlines()), type(error).__name__)
                raise UserError(f"compiled: torch.compile failed ({why}); set compiled to false") from error
            raise
        loaded = self.others.noticed()
        return Measurement(
            setting=setting,
            wanted_batch_size=wanted_batch_size,
            before=before,
            after=machine_state(self.board),
            loaded=loaded,
            **findings(list(self.models), rounds, peaks),
        )

    def _warm_timers(self, setting: Setting) -> tuple[list[BlockTimer], list[int | None]]:
        """The networks ready to be timed, and their peak memory."""
        if setting.compiled:
            # What was compiled for other networks counts against a limit for each function.
            torch.compiler.reset()
        timers, peaks = [], []
        for name, options in self.models.items():
            workload = Workload(name, options, setting, self.size, self.device)
            timers.append(BlockTimer(workload, self.settings.block_seconds, self.board))
            timers[-1].warm_up()
            peaks.append(peak_memory(workload.run, workload.held(), self.device, workload.synchronize))
        return timers, peaks


@contextmanager
def _trying_convolutions() -> Iterator[None]:
    """On a GPU, choose the fastest form of each convolution in the warm-up: shapes stay the same."""
    before = torch.backends.cudnn.benchmark
    torch.backends.cudnn.benchmark = True
    try:
        yield
    finally:
        torch.backends.cudnn.benchmark = before
