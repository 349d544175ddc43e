"""Commands as processes that can be killed, started by a server that has imported what they need."""

import atexit
import multiprocessing
import os
import signal
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

#: Seconds after which a command counts as hanging.
PATIENCE = 600

_processes = multiprocessing.get_context("forkserver")
_processes.set_forkserver_preload(
    [
        "dcanet.cli",
        "dcanet.data.digits",
        "dcanet.evaluation.evaluate",
        "dcanet.focus.pairs",
        "dcanet.planning.estimate",
        "dcanet.profiling.audit",
        "dcanet.profiling.costs",
        "dcanet.profiling.throughput",
        "dcanet.report",
        "dcanet.statistics.experiment",
        "dcanet.training.classification",
        "dcanet.training.train",
        "dcanet.weights.fetch",
        "dcanet.weights.pretrained",
        "dcanet.workflow",
    ]
)


@dataclass(frozen=True)
class Ended:
    """Exit code (of a killed process the signal's number, negative) and all that was said."""

    code: int
    text: str

    @property
    def killed(self) -> bool:
        return self.code == -signal.SIGKILL


class Child:
    """`dcanet ARGUMENTS` in a folder, leading a process group; `fault` is called before it begins."""

    def __init__(
        self,
        folder: Path,
        arguments: Sequence[object],
        fault: Callable[[], None] | None = None,
        **environment: str,
    ) -> None:
        self.log = folder.parent / f"said-{os.getpid()}-{time.monotonic_ns()}.log"
        line = [*map(str, arguments)]
        self.process = _processes.Process(target=_command, args=(folder, line, self.log, fault, environment))
        self.process.start()

    @property
    def pid(self) -> int:
        assert self.process.pid is not None
        return self.process.pid

    @property
    def said(self) -> str:
        # What torch says of a loader's end has the byte that ends strings in C.
        return self.log.read_text(errors="replace").replace("\0", "") if self.log.exists() else ""

    def kill(self) -> None:
        """Nothing happens to one that has ended meanwhile."""
        self.process.kill()

    def end(self, within: float = PATIENCE) -> Ended:
        """Wait for it; one that hangs is killed and an error."""
        self.process.join(within)
        if self.process.exitcode is None:
            self.kill()
            self.process.join()
            raise TimeoutError(f"still running after {within} s: {self.said}")
        ended = Ended(self.process.exitcode, self.said)
        self.log.unlink(missing_ok=True)
        return ended


def dcanet(
    folder: Path, *arguments: object, fault: Callable[[], None] | None = None, **environment: str
) -> Ended:
    """Run a command in a folder to its end."""
    return Child(folder, arguments, fault, **environment).end()


def _command(
    folder: Path,
    arguments: list[str],
    log: Path,
    fault: Callable[[], None] | None,
    environment: dict[str, str],
) -> None:
    os.setsid()
    descriptor = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    for standard in (1, 2):
        os.dup2(descriptor, standard)
    sys.stdout, sys.stderr = os.fdopen(1, "w"), os.fdopen(2, "w", buffering=1)
    os.chdir(folder)
    os.environ.update(environment)
    sys.argv = ["dcanet", *arguments]
    # Its own processes are started as those of a command are, and end with it; multiprocessing leaves it out.
    multiprocessing.set_start_method(None, force=True)
    from dcanet.cli import main

    if fault:
        fault()
    code = main(arguments)
    atexit._run_exitfuncs()
    sys.exit(code)
