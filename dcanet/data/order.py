"""What is drawn in which epoch: a function of the seed, the epoch and the image, whoever asks and when."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

#: Images an epoch may have: the low bits of half a key, the epoch has the rest.
_INDEX_BITS = 40


def epoch_order(count: int, seed: int, epoch: int) -> NDArray[np.int64]:
    """The images' positions in the order of an epoch (from 0): a permutation of 0 .. count - 1."""
    return np.random.Generator(np.random.PCG64([seed, epoch])).permutation(count)


def image_random(seed: int, epoch: int, index: int) -> np.random.Generator:
    """The source of randomness of one image in one epoch.

    Philox, because its key may be any two numbers and need not be hashed first: four times as quick to
    make as a hashed PCG64.
    """
    return np.random.Generator(np.random.Philox(_Key(seed, epoch << _INDEX_BITS | index)))  # type: ignore[arg-type]


class _Key(np.random.bit_generator.ISeedSequence):
    """Hands out the key as it is; `Philox(key=...)` first asks the system for entropy, in vain."""

    def __init__(self, *words: int) -> None:
        self.words = words

    def generate_state(self, n_words: int, dtype: Any = np.uint32) -> NDArray[Any]:
        return np.array(self.words[:n_words], dtype=dtype)
