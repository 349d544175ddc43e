"""A side of a benchmark in a process of its own, since how memory is kept is a matter of the process.

On a GPU it is torch's own in any process, so there a side is in this one.
"""

import multiprocessing
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from multiprocessing.connection import Connection
from typing import TypeVar

from dcanet.allocator import keep_freed_memory

T = TypeVar("T")


def ready(
    make: Callable[[], Callable[[], T]], device: str, keeps_memory: bool
) -> AbstractContextManager[Callable[[], T]]:
    """What `make` gives, made and ready, to be called from here.

    Args:
        make: goes to the process as a pickle: a function of a module, perhaps with arguments by `partial`.
        device: "cuda" or "cpu".
        keeps_memory: as `dcanet train` and `dcanet evaluate` do.
    """
    return nullcontext(make()) if device == "cuda" else _serving(make, keeps_memory)


@contextmanager
def _serving(make: Callable[[], Callable[[], T]], keeps_memory: bool) -> Iterator[Callable[[], T]]:
    context = multiprocessing.get_context("spawn")
    here, there = context.Pipe()
    process = context.Process(target=_serve, args=(make, keeps_memory, there), daemon=True)
    process.start()
    there.close()

    def call() -> T:
        here.send(True)
        answer: T = here.recv()
        return answer

    try:
        here.recv()
        yield call
        here.send(False)
        process.join()
    finally:
        process.kill()


def _serve(make: Callable[[], Callable[[], T]], keeps_memory: bool, connection: Connection) -> None:
    if keeps_memory:
        keep_freed_memory()
    function = make()
    connection.send(None)
    while connection.recv():
        connection.send(function())
