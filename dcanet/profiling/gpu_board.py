"""A GPU's own sensors through NVML, where the package nvidia-ml-py is installed."""

import importlib
from collections.abc import Callable
from typing import Any

import torch


class GpuBoard:
    """Clock, temperature, power, energy and business of one GPU; each is None where it cannot be known."""

    def __init__(self, nvml: Any, handle: Any) -> None:
        self._nvml, self._handle = nvml, handle

    @classmethod
    def of(cls, device: torch.device) -> "GpuBoard | None":
        """The board of a CUDA device; None for other devices, and without NVML."""
        if device.type != "cuda":
            return None
        try:
            nvml = importlib.import_module("pynvml")
        except ImportError:
            return None
        # Its number among all boards is not torch's where CUDA_VISIBLE_DEVICES hides some.
        name = f"GPU-{torch.cuda.get_device_properties(device).uuid}"
        try:
            nvml.nvmlInit()
            return cls(nvml, nvml.nvmlDeviceGetHandleByUUID(name))
        except nvml.NVMLError:
            return None

    def clock_mhz(self) -> float | None:
        """Of the multiprocessors."""
        return self._read(lambda: self._nvml.nvmlDeviceGetClockInfo(self._handle, self._nvml.NVML_CLOCK_SM))

    def temperature_celsius(self) -> float | None:
        sensor = self._nvml.NVML_TEMPERATURE_GPU
        return self._read(lambda: self._nvml.nvmlDeviceGetTemperature(self._handle, sensor))

    def power_watts(self) -> float | None:
        return self._read(lambda: self._nvml.nvmlDeviceGetPowerUsage(self._handle) / 1e3)

    def joules(self) -> float | None:
        """Energy of the whole board since its driver was loaded."""
        return self._read(lambda: self._nvml.nvmlDeviceGetTotalEnergyConsumption(self._handle) / 1e3)

    def busy_percent(self) -> float | None:
        """Share of the last moments, a second at most, in which something computed on it."""
        return self._read(lambda: self._nvml.nvmlDeviceGetUtilizationRates(self._handle).gpu)

    def _read(self, value: Callable[[], float]) -> float | None:
        try:
            return float(value())
        except self._nvml.NVMLError:
            return None
