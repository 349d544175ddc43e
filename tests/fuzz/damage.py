"""Files with something wrong: bytes changed, cut, repeated, put in or taken out."""

from collections.abc import Callable, Sequence
from random import Random

from hypothesis import strategies as st

#: Numbers where readers go wrong, in the sizes and byte orders of file formats.
NUMBERS = [
    number.to_bytes(size, order, signed=number < 0)
    for size in (1, 2, 4, 8)
    for number in (0, 1, -1, -(1 << 8 * size - 1), (1 << 8 * size - 1) - 1, (1 << 8 * size) - 2)
    for order in ("little", "big")
]


def damaged(*originals: bytes, words: Sequence[bytes] = ()) -> st.SearchStrategy[bytes]:
    """One of the files with one to four changes; `words` mean something in the format.

    Drawn as one number: a change is cheap, and what hypothesis could shrink, it could not explain.
    """

    def change(number: int) -> bytes:
        random = Random(number)
        content = random.choice(originals)
        for _ in range(random.choice((1, 1, 1, 2, 3, 4))):
            content = random.choice(CHANGES)(content, random, words)
        return content

    return st.integers(0, 2**64 - 1).map(change)


def _bits(content: bytes, random: Random, words: Sequence[bytes]) -> bytes:
    changed = bytearray(content)
    for _ in range(random.choice((1, 1, 2, 8))):
        if changed:
            changed[random.randrange(len(changed))] ^= 1 << random.randrange(8)
    return bytes(changed)


def _overwritten(content: bytes, random: Random, words: Sequence[bytes]) -> bytes:
    new = random.choice([*NUMBERS, *words, random.randbytes(random.randint(1, 16))])
    start = random.randint(0, max(0, len(content) - len(new)))
    return content[:start] + new + content[start + len(new) :]


def _inserted(content: bytes, random: Random, words: Sequence[bytes]) -> bytes:
    new = random.choice([*words, *NUMBERS, random.randbytes(random.randint(1, 64))])
    start = random.randint(0, len(content))
    return content[:start] + new * random.choice((1, 1, 1, 300)) + content[start:]


def _cut(content: bytes, random: Random, words: Sequence[bytes]) -> bytes:
    return content[: random.randint(0, len(content))]


def _missing(content: bytes, random: Random, words: Sequence[bytes]) -> bytes:
    start, end = sorted(random.randint(0, len(content)) for _ in range(2))
    return content[:start] + content[end:]


def _repeated(content: bytes, random: Random, words: Sequence[bytes]) -> bytes:
    start, end = sorted(random.randint(0, len(content)) for _ in range(2))
    return content[:end] + content[start:end] + content[end:]


CHANGES: tuple[Callable[[bytes, Random, Sequence[bytes]], bytes], ...] = (
    *(_bits, _bits, _overwritten, _overwritten),
    *(_inserted, _cut, _missing, _repeated),
)
