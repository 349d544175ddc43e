"""Files that are cut, empty, or have a flipped bit."""

import random
from collections.abc import Iterator

#: Of bits of each file; every other one is in the first or last hundredth, where formats have structure.
FLIPS = 6


def damages(content: bytes, seed: str) -> Iterator[tuple[str, bytes]]:
    """(kind, damaged content), the same for the same seed."""
    for length in sorted({0, 1, len(content) // 3, len(content) - 1}):
        yield ("zero length" if not length else "cut short"), content[:length]
    choice = random.Random(seed)
    edge = max(1, len(content) // 100)
    for turn in range(FLIPS):
        place = choice.randrange(len(content))
        if turn % 2:
            place = place % edge if turn % 4 == 1 else len(content) - 1 - place % edge
        changed = bytearray(content)
        changed[place] ^= 1 << choice.randrange(8)
        yield "flipped bit", bytes(changed)
