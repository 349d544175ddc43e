"""What every case of the fuzz suite is held to: it ends soon, in little memory, runs and writes nothing.

The cases are random, and mostly the same in every run: hypothesis mixes in constants of the modules that a
process has imported. `FUZZ_SEED` in the environment gives others, `FUZZ_TIMES=10` ten times as many.
"""

import faulthandler
import os
import resource
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import torch  # noqa: F401  # when it is imported it looks for libraries by starting a program
from hypothesis import HealthCheck, Phase, seed, settings

from dcanet.errors import UserError

#: Of computing; twelve times as long on the clock.
SECONDS = 10
#: Of memory that a case may come to hold; beyond `MOST_MEMORY` the system gives it no more.
MEMORY, MOST_MEMORY = 512 << 20, 2 << 30
PAGE = resource.getpagesize()

#: Audit events of what no input may bring about (docs.python.org/3/library/audit_events.html).
RUNS = {
    *("os.system", "os.exec", "os.fork", "os.forkpty", "os.posix_spawn", "os.spawn", "subprocess.Popen"),
    *("pty.spawn", "socket.connect", "socket.bind", "socket.getaddrinfo", "webbrowser.open"),
}
#: And of what may be done in the test's own folder alone, each with the number of paths it has.
WRITES = {"os.rename": 2, "os.remove": 1, "os.mkdir": 1, "os.rmdir": 1, "os.link": 2, "os.symlink": 2}


class Hang(BaseException):
    """No `except Exception` of the code under test takes it for the input's fault."""


class Watch:
    """Notes what the interpreter is asked to do while a case runs."""

    def __init__(self) -> None:
        self.folder: str | None = None
        self.seen: list[str] = []
        sys.addaudithook(self._note)

    def _note(self, event: str, arguments: tuple[Any, ...]) -> None:
        if self.folder is None:
            return
        if event in RUNS:
            self.seen.append(f"{event}{arguments[:2]!r}")
        elif event in WRITES:
            self._written(event, arguments[: WRITES[event]])
        elif event == "open" and (arguments[2] or 0) & (os.O_WRONLY | os.O_RDWR | os.O_CREAT):
            self._written(event, arguments[:1])

    def _written(self, event: str, paths: tuple[Any, ...]) -> None:
        for path in paths:
            if isinstance(path, int):
                continue
            place = os.path.abspath(os.fsdecode(path))
            if not place.startswith(self.folder) and "__pycache__" not in place and place != os.devnull:
                self.seen.append(f"{event}({place!r})")


WATCH = Watch()


class Cases:
    """The cases of one test: runs them, and counts those that differ."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._files: dict[str, int] = {}
        self._seen: set[int] = set()

    @property
    def count(self) -> int:
        return len(self._seen)

    def file(self, name: str, content: bytes) -> Path:
        """A file that the next cases are about."""
        path = self.folder / name
        path.write_bytes(content)
        self._files[name] = hash(content)
        return path

    def run(
        self,
        function: Callable[..., Any],
        *arguments: Any,
        refuses: tuple[type[Exception], ...] = (),
        memory: int = MEMORY,
    ) -> Any:
        """What the function returns; None where it refuses its arguments by a UserError, or as documented."""
        self._seen.add(hash((function, repr(arguments), *self._files.items())))
        try:
            with _bounded(self.folder, memory):
                return function(*arguments)
        except UserError as error:
            said = error.line()
        except refuses:
            return None
        assert said, "refuses without a word"
        return None


@contextmanager
def _bounded(folder: Path, memory: int) -> Iterator[None]:
    """Fail where the block hangs, takes too much memory, runs something or writes elsewhere."""
    _, resident, *_, data, _ = (int(pages) * PAGE for pages in Path("/proc/self/statm").read_text().split())
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss << 10
    _, hard = resource.getrlimit(resource.RLIMIT_DATA)
    resource.setrlimit(resource.RLIMIT_DATA, (data + max(MOST_MEMORY, 2 * memory), hard))
    old = signal.signal(signal.SIGPROF, _hangs)
    faulthandler.dump_traceback_later(12 * SECONDS, exit=True)  # where it waits, or no signal gets through
    signal.setitimer(signal.ITIMER_PROF, SECONDS)
    WATCH.seen.clear()
    WATCH.folder = str(folder)
    try:
        yield
    except Hang:
        raise AssertionError(f"hangs: no end within {SECONDS} s of computing") from None
    except MemoryError:
        raise AssertionError("takes all the memory that it is given") from None
    finally:
        WATCH.folder = None
        signal.setitimer(signal.ITIMER_PROF, 0)
        faulthandler.cancel_dump_traceback_later()
        signal.signal(signal.SIGPROF, old)
        resource.setrlimit(resource.RLIMIT_DATA, (hard, hard))
    assert not WATCH.seen, f"did what no input may: {WATCH.seen}"
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss << 10
    assert peak == before or peak - resident < memory, f"took {(peak - resident) >> 20} MiB"


def _hangs(*_: object) -> None:
    raise Hang


def fuzz(examples: int) -> Callable[[Callable[..., None]], Any]:
    """Mark a test of hypothesis as a target of the suite that is tried so often."""

    def decorated(test: Callable[..., None]) -> Any:
        chosen = settings(
            max_examples=max(1, round(examples * float(os.environ.get("FUZZ_TIMES", "1")))),
            deadline=None,
            database=None,
            derandomize=False,
            phases=(Phase.generate, Phase.shrink),
            suppress_health_check=list(HealthCheck),
            report_multiple_bugs=False,
        )
        return pytest.mark.fuzz(seed(int(os.environ.get("FUZZ_SEED", "0")))(chosen(test)))

    return decorated
