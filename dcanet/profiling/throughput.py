"""Inference throughput of a pair, timed interleaved, so that the ratio survives a drifting machine."""

import math
import os
import time
from typing import Any

import numpy as np
import torch
from scipy.special import stdtrit
from torch import nn
from tqdm import tqdm

from ..config_sections import ProfileSettings
from ..device import autocast, choose_device, device_name, memory_format, place
from ..documents import Speed, Throughput
from ..errors import UserError
from ..models import assemble
from .costs import CLASSES

CONFIDENCE = 0.95


def measure_throughput(
    pair: str, models: dict[str, dict[str, Any]], settings: ProfileSettings, device: str
) -> Throughput:
    """Images per second of a pair's models (id -> options; baseline first).

    Blocks of at least `settings.block_seconds` are timed in the order baseline, connected, connected,
    baseline, `settings.blocks` times; the ratio is taken within each such round.

    Raises:
        UserError: the device is not there, or a batch does not fit into its memory.
    """
    chosen = choose_device(device)
    load = os.getloadavg()[0] / (os.cpu_count() or 1)
    timers = [BlockTimer(name, options, settings, chosen) for name, options in models.items()]
    rounds: list[list[float]] = [[] for _ in timers]
    order = [*range(len(timers)), *reversed(range(len(timers)))]
    for timer in timers:
        timer.warm_up()
    for _ in tqdm(range(settings.blocks), desc=f"throughput {pair}", unit="round", leave=False, disable=None):
        speeds: list[list[float]] = [[] for _ in timers]
        for index in order:
            speeds[index].append(timers[index].block())
        for index, found in enumerate(speeds):
            rounds[index].append(float(np.mean(found)))

    ratios = np.divide(rounds[1], rounds[0]).tolist() if len(timers) == 2 else []
    return Throughput(
        pair=pair,
        device=chosen.type,
        device_name=device_name(chosen),
        threads=torch.get_num_threads(),
        image_size=settings.image_size,
        batch_size=settings.batch_size,
        precision=settings.precision,
        memory_format="channels_last" if settings.channels_last else "contiguous",
        load_average=load,
        models={
            timer.name: Speed(
                images_per_second=float(np.mean(found)), interval=mean_interval(found), blocks=found
            )
            for timer, found in zip(timers, rounds, strict=True)
        },
        ratio=float(np.mean(ratios)) if ratios else None,
        ratio_interval=mean_interval(ratios) if ratios else None,
    )


class BlockTimer:
    """One model and a batch, timed in blocks."""

    def __init__(
        self, name: str, options: dict[str, Any], settings: ProfileSettings, device: torch.device
    ) -> None:
        self.name, self.settings, self.device = name, settings, device
        layout = memory_format(settings.channels_last)
        model = assemble(name, CLASSES, **options).eval()
        self.model: nn.Module = place(model, device, settings.channels_last)
        side = settings.image_size
        self.batch = torch.randn(settings.batch_size, 3, side, side, device=device).to(memory_format=layout)
        self.steps = 1

    def warm_up(self) -> None:
        """Run until the kernels are chosen, and find how many steps fill a block."""
        self._time(2)
        per_step = self._time(1)
        self.steps = max(1, round(self.settings.block_seconds / per_step))

    def block(self) -> float:
        """Images per second of one block."""
        return self.settings.batch_size * self.steps / self._time(self.steps)

    @torch.inference_mode()
    def _time(self, steps: int) -> float:
        self._synchronize()
        started = time.perf_counter()
        try:
            for _ in range(steps):
                with autocast(self.settings.precision, self.device):
                    self.model(self.batch)
        except torch.OutOfMemoryError as error:
            raise UserError(
                f"profile.batch_size: {self.settings.batch_size} images do not fit into the memory of "
                f"{device_name(self.device)}; choose a smaller one"
            ) from error
        self._synchronize()
        return time.perf_counter() - started

    def _synchronize(self) -> None:
        if self.device.type == "cuda":
            torch.cuda.synchronize(self.device)


def mean_interval(values: list[float]) -> tuple[float, float]:
    """95 % interval of the mean of the rounds by Student's t."""
    mean = float(np.mean(values))
    error = float(np.std(values, ddof=1)) / math.sqrt(len(values))
    # scipy.stats has this by name, but takes two seconds to import.
    half = float(stdtrit(len(values) - 1, (1 + CONFIDENCE) / 2)) * error
    return mean - half, mean + half
