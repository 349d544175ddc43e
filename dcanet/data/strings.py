"""Many strings in little memory that loader processes share."""

import os
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise

import numpy as np


class Strings:
    """A fixed sequence of strings in one block of bytes.

    A list of a million names costs a hundred bytes each, and every forked process that reads it gets its
    own copy by and by, because reading counts references; this one stays shared.
    """

    def __init__(self, strings: Iterable[str] = ()) -> None:
        encoded = [os.fsencode(string) for string in strings]
        self.block = b"".join(encoded)
        self.ends = np.cumsum([len(string) for string in encoded], dtype=np.int64)

    @classmethod
    def from_arrays(cls, block: np.ndarray, ends: np.ndarray) -> "Strings":
        """The inverse of `arrays`."""
        strings = cls()
        strings.block, strings.ends = block.astype(np.uint8).tobytes(), ends.astype(np.int64)
        return strings

    def arrays(self) -> tuple[np.ndarray, np.ndarray]:
        """(bytes as uint8, end of each string) to store."""
        return np.frombuffer(self.block, np.uint8), self.ends

    def __len__(self) -> int:
        return len(self.ends)

    def __getitem__(self, index: int) -> str:
        end = self.ends[index]
        return os.fsdecode(self.block[self.ends[index - 1] if index else 0 : end])

    def __iter__(self) -> Iterator[str]:
        ends = self.ends.tolist()
        return (os.fsdecode(self.block[start:end]) for start, end in pairwise([0, *ends]))

    def take(self, positions: Sequence[int]) -> "Strings":
        """The strings at these positions."""
        strings = list(self)
        return Strings(strings[position] for position in positions)
