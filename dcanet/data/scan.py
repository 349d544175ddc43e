"""Decode every image of a split, in parallel."""

import hashlib
import multiprocessing
import os
import signal
import threading
import warnings
from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass

from PIL import UnidentifiedImageError
from tqdm import tqdm

from ..errors import UserError
from .decoding import open_image
from .split import Split

CHUNK = 64
#: PIL's name of the format that each suffix promises; MPO is a JPEG with further pictures behind it.
PROMISED = {"jpg": "JPEG", "jpeg": "JPEG", "png": "PNG", "bmp": "BMP", "ppm": "PPM", "webp": "WEBP"}


@dataclass(frozen=True, slots=True)
class Look:
    """What one image is. `broken` is the reason why it cannot be decoded, or None."""

    content: int  # 64-bit hash of the encoded bytes
    broken: str | None = None
    format: str = ""
    mode: str = ""
    size: tuple[int, int] = (0, 0)  # width and height in pixels


def look_at(data: bytes) -> Look:
    """Decode an image fully; whatever goes wrong is a reason, not an exception."""
    content = int.from_bytes(hashlib.blake2b(data, digest_size=8).digest())
    if not data:
        return Look(content, "empty file")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of odd EXIF data, and once for each process
            with open_image(data) as image:
                kind, mode, size = image.format or "", image.mode, image.size
                image.convert("RGB")
    except UnidentifiedImageError:
        return Look(content, f"not an image (starts with {data[:8]!r})")
    except Exception as error:  # decoders raise nearly everything on broken data
        return Look(content, f"cannot be decoded: {error or type(error).__name__}")
    return Look(content, format="JPEG" if kind == "MPO" else kind, mode=mode, size=size)


def scan_images(split: Split, workers: int) -> Iterator[Look]:
    """A look at every image, in the split's order, with a progress bar.

    Raises:
        UserError: a process was killed, most often for lack of memory.
    """
    with tqdm(total=len(split.images), desc=f"decode {split.name}", unit="image", disable=None) as bar:
        for looks in _chunks_looked_at(split, workers):
            yield from looks
            bar.update(len(looks))


def _chunks_looked_at(split: Split, workers: int) -> Iterator[list[Look]]:
    positions = range(len(split.images))
    chunks = (positions[start : start + CHUNK] for start in range(0, len(positions), CHUNK))
    if workers <= 1:
        yield from ([_look(split, index) for index in chunk] for chunk in chunks)
        return
    # A few chunks at a time: a million results would pile up, and when a process is killed, cancelling
    # many waiting ones can leave the pool hanging.
    waiting: deque[Future[list[Look]]] = deque()
    try:
        with ProcessPoolExecutor(workers, initializer=_begin, initargs=(split,)) as pool:
            for chunk in chunks:
                waiting.append(pool.submit(_look_at_chunk, chunk))
                if len(waiting) > 4 * workers:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
    except BrokenProcessPool as error:
        raise UserError(
            f"{split.name}: a decoding process was killed; give fewer --workers or more memory"
        ) from error


def _look(split: Split, index: int) -> Look:
    try:
        return look_at(split.read(index))
    except UserError as error:
        return Look(index, str(error).removeprefix(f"{split.where(index)}: "))


_split: Split


def _begin(split: Split) -> None:
    """In each process: take the split, leave Ctrl-C to the parent, and end when the parent is killed."""
    global _split
    _split = split
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if parent := multiprocessing.parent_process():
        threading.Thread(target=_end_with, args=(parent,), daemon=True).start()


def _end_with(parent: multiprocessing.process.BaseProcess) -> None:
    parent.join()
    os._exit(1)


def _look_at_chunk(positions: range) -> list[Look]:
    return [_look(_split, index) for index in positions]
