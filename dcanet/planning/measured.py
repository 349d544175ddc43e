"""Speeds that `dcanet profile throughput` measured, for the network, device and arithmetic of a plan."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from ..errors import UserError
from ..profile_documents import Measurement, Setting, Throughput, Work
from .devices import Device

#: A training step computes the forward pass, and twice as much for the gradients of inputs and weights.
PASSES = 3


@dataclass(frozen=True)
class Timing:
    """What one image of `pixels` takes: seconds of one device, and its energy where that was measured."""

    seconds: float
    joules: float | None
    pixels: int
    setting: Setting
    device_name: str


class Timings:
    """All timings of an experiment that are of the planned device."""

    def __init__(self, folder: Path, device: Device) -> None:
        """`folder` is the experiment's profile/."""
        self._found: list[Throughput] = []
        self._left_out: list[str] = []
        kind = "cuda" if device.is_gpu else "cpu"
        for path in sorted((folder / kind).glob("*.json")):
            try:
                throughput = Throughput.load(path)
            except UserError as error:
                self._left_out.append(error.line())
                continue
            if not device.is_called(throughput.device_name):
                self._left_out.append(f"{path}: is of a {throughput.device_name}")
                continue
            if all(measurement.loaded for measurement in throughput.measurements):
                self._left_out.append(f"{path}: something else ran beside it")
                continue
            self._found.append(throughput)

    @property
    def notes(self) -> list[str]:
        """What of the folder is not used."""
        if not self._left_out:
            return []
        count = len(self._left_out)
        return [f"{count} timing{'s are' if count > 1 else ' is'} left out. {self._left_out[0]}."]

    def of(self, network: str, wanted: Setting) -> Timing | None:
        """The timing whose setting is nearest; of the other work where the wanted one was not timed."""
        for work, factor in _works(wanted.work):
            candidates = [
                (found, measurement)
                for found in self._found
                for measurement in found.measurements
                if measurement.setting.work == work
                and network in measurement.models
                and not measurement.loaded
            ]
            if candidates:
                found, nearest = max(candidates, key=lambda pair: _likeness(pair[1], wanted))
                return _timing(found, nearest, network, factor)
        return None


def _works(wanted: Work) -> Iterator[tuple[Work, float]]:
    yield wanted, 1
    if wanted == "training_step":
        yield "inference", PASSES
    else:
        yield "training_step", 1 / PASSES


def _likeness(measurement: Measurement, wanted: Setting) -> tuple[bool, bool, bool, float]:
    """Precision counts most, then compilation and layout, then the batch."""
    setting = measurement.setting
    return (
        setting.precision == wanted.precision,
        setting.compiled == wanted.compiled,
        setting.channels_last == wanted.channels_last,
        -abs(math.log(setting.batch_size / wanted.batch_size)),
    )


def _timing(found: Throughput, measurement: Measurement, network: str, factor: float) -> Timing:
    speed = measurement.models[network]
    cores = found.threads if found.device == "cpu" else 1
    joules = None if speed.joules_per_image is None else speed.joules_per_image * factor
    return Timing(
        factor * cores / speed.images_per_second,
        joules,
        found.height * found.width,
        measurement.setting,
        found.device_name,
    )
