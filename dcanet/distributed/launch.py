"""Starts a command as several ranks of one job on this machine, and ends them together.

For several machines, start the same command on each by torchrun, for example

    torchrun --nnodes 2 --nproc-per-node 4 --rdzv-backend c10d --rdzv-endpoint HOST:29500 \\
        --signals-to-handle SIGTERM,SIGINT,SIGUSR1 --shutdown-timeout 600 -m dcanet.cli train ...

torchrun ends all ranks when one fails, but turns every exit code into 1, the 75 of "continue me" too. A
starter that sets RANK, WORLD_SIZE, LOCAL_RANK, MASTER_ADDR and MASTER_PORT itself (srun) passes it on.
"""

import contextlib
import ctypes
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from types import FrameType

from ..errors import UserError
from ..signals import CONTINUE
from .output import Output, Screen

PASSED_ON = (signal.SIGTERM, signal.SIGUSR1, signal.SIGINT)

#: Seconds that the other ranks have to end by themselves after one failed, and when they may be saving.
GRACE, GRACE_STOPPING = 2.0, 30.0
#: Seconds that the ranks have to save and end after a signal was passed on.
TIME_TO_SAVE = 600.0

_VARIABLES = ("RANK", "WORLD_SIZE", "LOCAL_RANK", "MASTER_ADDR", "MASTER_PORT")
_PR_SET_PDEATHSIG = 1
_LIBC = ctypes.CDLL(None) if sys.platform == "linux" else None


def is_rank() -> bool:
    """Whether this process was started as one of several, by `launch`, torchrun or the like."""
    return all(name in os.environ for name in _VARIABLES)


def launch(command: Sequence[str], processes: int) -> int:
    """Run a command as `processes` ranks and return the job's exit code.

    0 when all ranks succeed, 75 when they ask to be continued, else the code of the rank that failed first,
    1 for one that was killed. Then the others are ended within seconds, and standard error names the rank.
    Standard output is rank 0's; of standard error, what several ranks say is shown once. SIGTERM, SIGUSR1
    and SIGINT are passed on to the ranks, which get ten minutes to save. Ranks die with this process.

    Raises:
        UserError: `processes` is not positive.
    """
    if processes < 1:
        raise UserError(f"processes: must be at least 1, not {processes}")
    return _Job(command, processes).run()


class _Rank:
    """One process, in a session and process group of its own, so that a signal comes only from here."""

    def __init__(
        self, number: int, command: Sequence[str], environment: dict[str, str], screen: Screen
    ) -> None:
        self.number = number
        self.killed = False
        self.output = Output(number, screen)
        launcher = os.getpid()

        def die_with_launcher() -> None:
            if _LIBC is not None:
                _LIBC.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
            if os.getppid() != launcher:
                os._exit(1)

        self.process = subprocess.Popen(
            command,
            env=environment | {"RANK": str(number), "LOCAL_RANK": str(number)},
            stdin=subprocess.DEVNULL,
            stdout=None if number == 0 else subprocess.DEVNULL,
            stderr=self.output.child_end,
            start_new_session=True,
            preexec_fn=die_with_launcher,
        )

    @property
    def running(self) -> bool:
        return self.process.returncode is None

    @property
    def failed(self) -> bool:
        """Whether it ended badly by itself."""
        return not self.running and not self.killed and self.process.returncode not in (0, CONTINUE)

    def has_ended(self) -> bool:
        """Look whether it has ended; then what it started is ended too, and all it said is read."""
        if self.process.poll() is None:
            return False
        self._kill_group()
        self.output.join(timeout=1)
        return True

    def kill(self) -> None:
        """End it by force; it does not count as failed."""
        self.killed = True
        self._kill_group()

    def _kill_group(self) -> None:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self.process.pid, signal.SIGKILL)


class _Job:
    def __init__(self, command: Sequence[str], processes: int) -> None:
        self.command = command
        self.processes = processes
        self.screen = Screen()
        self.ranks: list[_Rank] = []
        self.ended: list[_Rank] = []
        self.received: list[signal.Signals] = []
        self.passed_on: list[signal.Signals] = []
        self.deadline = float("inf")

    def run(self) -> int:
        with self._receive_signals():
            try:
                self._start()
                while len(self.ended) < self.processes:
                    self._look()
                    time.sleep(0.05)
            finally:
                for rank in self.ranks:
                    if rank.running:
                        rank.kill()
                        rank.process.wait()
        return self._verdict()

    def _start(self) -> None:
        environment = dict(os.environ)
        environment.setdefault("OMP_NUM_THREADS", str(max(1, _cores() // self.processes)))
        # Else every rank is warned of a network all of whose parameters have gradients.
        environment.setdefault("TORCH_CPP_LOG_LEVEL", "ERROR")
        environment["WORLD_SIZE"] = environment["LOCAL_WORLD_SIZE"] = str(self.processes)
        environment["MASTER_ADDR"], environment["MASTER_PORT"] = "127.0.0.1", str(_free_port())
        sys.stdout.flush()
        for number in range(self.processes):
            self.ranks.append(_Rank(number, self.command, environment, self.screen))
        # After the last fork: a forked process must not inherit a lock that a thread holds.
        for rank in self.ranks:
            rank.output.start()

    def _look(self) -> None:
        running = [rank for rank in self.ranks if rank.running]
        while self.received:
            number = self.received.pop(0)
            self.passed_on.append(number)
            self.deadline = min(self.deadline, time.monotonic() + TIME_TO_SAVE)
            for rank in running:
                # Not to its group: loader processes must live until it has saved.
                rank.process.send_signal(number)
        now_ended = [rank for rank in running if rank.has_ended()]
        # Of those that ended since the last look, one that was killed is likelier to be the cause.
        self.ended += sorted(now_ended, key=lambda rank: rank.process.returncode >= 0)
        if any(rank.failed for rank in now_ended):
            grace = GRACE_STOPPING if self.passed_on else GRACE
            self.deadline = min(self.deadline, time.monotonic() + grace)
        if time.monotonic() > self.deadline:
            for rank in self.ranks:
                if rank.running and not rank.killed:
                    rank.kill()
        for rank in self.ranks:
            rank.output.release_if_running_on()

    def _verdict(self) -> int:
        failed = [rank for rank in self.ended if rank.failed]
        if failed:
            to_blame = next((rank for rank in failed if not rank.output.lost_contact), failed[0])
            return self._blame(to_blame)
        for rank in self.ranks:
            rank.output.release()
        if any(rank.killed for rank in self.ranks):
            asked = self.passed_on[0].name
            self.screen.say(f"the ranks did not end within {TIME_TO_SAVE / 60:.0f} minutes of {asked}")
            return 1
        return max(rank.process.returncode for rank in self.ranks)

    def _blame(self, rank: _Rank) -> int:
        """Show the error of the rank that failed, and choose the exit code."""
        code = rank.process.returncode
        explained = rank.output.release()
        if code > 0:
            if not explained:
                self.screen.say(f"rank {rank.number}: ended with exit code {code}")
            return code
        number = signal.Signals(-code)
        if number == signal.SIGABRT and explained:  # C++ that could not end well after the error
            return 1
        if number in self.passed_on:
            self.screen.say(f"rank {rank.number}: ended by {number.name} without saving")
            return 128 + number
        hint = " (did the machine run out of memory?)" if number == signal.SIGKILL else ""
        self.screen.say(f"rank {rank.number}: killed by {number.name}{hint}; the other ranks were ended")
        return 1

    @contextlib.contextmanager
    def _receive_signals(self) -> Iterator[None]:
        def receive(number: int, frame: FrameType | None) -> None:
            self.received.append(signal.Signals(number))

        before = {number: signal.signal(number, receive) for number in PASSED_ON}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port: int = server.getsockname()[1]
    return port
