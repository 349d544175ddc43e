"""The devices that a plan can be for, with what is assumed of each where nothing was measured.

Peaks and powers are the manufacturers' (dense, without sparsity). A utilisation is the share of the peak that
training a plain ResNet-50 reaches; where it comes from stands beside it in words.
"""

import shutil
import subprocess
from dataclasses import dataclass
from typing import Literal

from ..errors import UserError, nearest
from ..training.recipe import LoopRecipe

#: The peak of float32 is TF32's on a GPU that has it: PyTorch takes it for convolutions by default.
Arithmetic = Literal["float32", "bfloat16"]


@dataclass(frozen=True)
class Device:
    """One GPU, or one core of a processor."""

    key: str
    title: str
    unit: Literal["GPU", "core"]
    teraflops: dict[Arithmetic, float]
    utilisation: dict[Arithmetic, float]
    watts: float
    source: str  #: of utilisation and power, in words
    mobile_share: float = 0.16  #: of the utilisation that depthwise networks reach

    @property
    def is_gpu(self) -> bool:
        return self.unit == "GPU"

    def is_called(self, name: str) -> bool:
        """Whether its driver calls it so; a processor, and a GPU of no known kind, may be called anything."""
        return self.key in ("cpu", "gpu") or self.key in name.lower()

    def arithmetic(self, recipe: LoopRecipe) -> Arithmetic:
        """What a recipe's precision means here; the float16 of a recipe is as quick as bfloat16."""
        wanted = recipe.precision != "float32" and "bfloat16" in self.teraflops
        return "bfloat16" if wanted else "float32"

    def flops(self, arithmetic: Arithmetic) -> float:
        """Floating-point operations per second that a plain ResNet-50 is assumed to reach."""
        return self.teraflops[arithmetic] * 1e12 * self.utilisation[arithmetic]


_BY_MEMORY = "the A100's measured speed times the ratio of the memories' bandwidths"
_NVIDIA = (
    "NVIDIA's Deep Learning Examples, ResNet-50 v1.5 in PyTorch on one {}: {} images/s training in {}, "
    "{} in mixed precision"
)

DEVICES: dict[str, Device] = {
    device.key: device
    for device in (
        Device(
            "h100",
            "NVIDIA H100 SXM",
            "GPU",
            {"bfloat16": 989, "float32": 495},
            {"bfloat16": 0.10, "float32": 0.08},
            700,
            f"{_BY_MEMORY} (3.35 over 2.04 TB/s); float32 as TF32",
        ),
        Device(
            "h200",
            "NVIDIA H200 SXM",
            "GPU",
            {"bfloat16": 989, "float32": 495},
            {"bfloat16": 0.14, "float32": 0.11},
            700,
            f"{_BY_MEMORY} (4.8 over 2.04 TB/s); float32 as TF32",
        ),
        Device(
            "a100",
            "NVIDIA A100 SXM 80GB",
            "GPU",
            {"bfloat16": 312, "float32": 156},
            {"bfloat16": 0.20, "float32": 0.15},
            400,
            _NVIDIA.format("A100 80GB", 938, "TF32", "2,470"),
        ),
        Device(
            "v100",
            "NVIDIA V100 SXM2",
            "GPU",
            {"float32": 15.7},
            {"float32": 0.58},
            300,
            _NVIDIA.format("V100 16GB", 367, "float32", "1,200") + ", which auto does not choose there",
        ),
        Device(
            "gpu",
            "an NVIDIA GPU of no known kind",
            "GPU",
            {"bfloat16": 120, "float32": 60},
            {"bfloat16": 0.20, "float32": 0.15},
            300,
            "no source: a GPU of middle size",
        ),
        Device(
            "cpu",
            "processor core",
            "core",
            {"float32": 0.1},
            {"float32": 0.3},
            5,
            "one core with AVX2 at about 3 GHz; this project's benchmarks reach 0.5 to 0.7 of it evaluating "
            "at full size, its demo 0.2 to 0.3 training tiny images; a server's power over its cores",
            mobile_share=0.5,
        ),
    )
}


def find_device(key: str) -> Device:
    """UserError for an unknown key."""
    try:
        return DEVICES[key.lower()]
    except KeyError as error:
        raise UserError(f"--device-spec: unknown device {key!r}{nearest(key, list(DEVICES))}") from error


def device_here(kind: str) -> Device:
    """The device of this machine for `cpu` or `cuda`."""
    if kind == "cpu":
        return DEVICES["cpu"]
    names = _listed_gpus()
    return next(device for device in DEVICES.values() if device.is_gpu and device.is_called(names))


def _listed_gpus() -> str:
    """What the NVIDIA driver says of its GPUs; empty without one."""
    if shutil.which("nvidia-smi") is None:
        return ""
    try:
        asked = ["nvidia-smi", "--query-gpu=name", "--format=csv,noheader"]
        return subprocess.run(asked, capture_output=True, text=True, timeout=20).stdout
    except (OSError, subprocess.SubprocessError):
        return ""
