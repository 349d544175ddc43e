"""What is drawn in which epoch: a function of the seed, the epoch and the image, whoever asks and when."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

#: Images an epoch may have: the low bits of half a key, the epoch has the rest.
_INDEX_BITS = 40


def epoch_order(count: int, seed: int, epoch: int) -> NDArray[np.int64]:
    """The images' positions in the order of an epoch (from 0): a permutation of 0 .. count - 1."""
    return _epoch_random(seed, epoch).permutation(count)


def grouped_order(groups: NDArray[Any], batch: int, seed: int, epoch: int) -> NDArray[np.int64]:
    """The images' positions in each batch of an epoch, (batches, batch): a batch is of one group.

    `groups` says which group each image is of. Batches of all groups come in random order; the incomplete
    last batch of each is dropped, so that every epoch has as many.
    """
    random = _epoch_random(seed, epoch)
    order = random.permutation(len(groups))
    batches = [np.empty((0, batch), dtype=np.int64)]
    for group in np.unique(groups):
        members = order[groups[order] == group]
        batches.append(members[: len(members) // batch * batch].reshape(-1, batch))
    stacked = np.concatenate(batches)
    return stacked[random.permutation(len(stacked))]


def _epoch_random(seed: int, epoch: int) -> np.random.Generator:
    return np.random.Generator(np.random.PCG64([seed, epoch]))


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
