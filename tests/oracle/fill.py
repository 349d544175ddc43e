"""Weights, images and labels as pure functions of a name and a shape: two programs agree on every bit.

All noise comes from the raw words of PCG64, seeded with the name's checksum, and not from a
distribution of the generator's library, whose values may change from version to version.
"""

import math
import zlib
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

SEED = 20200715


def noise(name: str, *shape: int) -> NDArray[np.float64]:
    """Uniform on (-√3, √3): mean 0, variance 1."""
    words = np.random.PCG64(np.random.SeedSequence([SEED, zlib.crc32(name.encode())]))
    unit = (words.random_raw(math.prod(shape)) >> 11) * 2.0**-53
    return ((2 * unit - 1) * math.sqrt(3)).reshape(shape)


def tensor(
    key: str, shape: Sequence[int], norm_var: float, scale: Mapping[str, float] | None = None
) -> NDArray:
    """Values of the state-dict entry `key`.

    `norm_var` scales running variances, one number per network; `scale` has factors of the matrices and
    filters whose keys begin so.
    """
    leaf = key.rpartition(".")[2]
    if leaf == "num_batches_tracked":
        return np.zeros(shape, np.int64)
    value = noise(key, *shape)
    if leaf == "running_mean":
        value = 0.1 * value
    elif leaf == "running_var":
        value = (1 + 0.25 * value) * norm_var
    elif len(shape) > 1:
        value = _matrix(value)
        for start, factor in (scale or {}).items():
            value = value * factor if key.startswith(start) else value
    elif leaf == "weight":
        value = 1 + 0.25 * value
    elif leaf == "bias":
        value = 0.2 * value
    else:
        value = 0.5 + 0.2 * value
    return value.astype(np.float32)


def _matrix(value: NDArray[np.float64]) -> NDArray[np.float64]:
    """Scaled so that signals keep their size; rows without mean are blind to that of rectified features."""
    inputs = tuple(range(1, value.ndim))
    if value.shape[1] >= 8:
        value = value - value.mean(axis=inputs, keepdims=True)
    gain = 1.0 if value.ndim == 2 else 1.4
    return value * (gain / math.sqrt(math.prod(value.shape[1:])))


def images(n: int, channels: int, height: int, width: int, name: str = "input") -> NDArray[np.float32]:
    """Noise at three scales: pixels, blocks of 16 pixels, one colour per image."""
    pixel = noise(f"{name}.pixel", n, channels, height, width)
    block = noise(f"{name}.block", n, channels, math.ceil(height / 16), math.ceil(width / 16))
    block = np.kron(block, np.ones((16, 16)))[:, :, :height, :width]
    colour = noise(f"{name}.colour", n, channels, 1, 1)
    return (0.5 * pixel + 0.7 * block + 0.5 * colour).astype(np.float32)


def labels(n: int, num_classes: int = 1000) -> NDArray[np.int64]:
    """Class indices, uniform."""
    unit = noise("labels", n) / (2 * math.sqrt(3)) + 0.5
    return np.minimum((unit * num_classes).astype(np.int64), num_classes - 1)
