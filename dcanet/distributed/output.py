"""Joins what the ranks of a job say on standard error into what a reader wants to see."""

import contextlib
import os
import re
import sys
import threading
import time
from collections import OrderedDict

#: In the error of a rank that failed because another had.
LOST_CONTACT = "lost contact with another rank"

#: Torch puts this before the lines of a rank's traceback.
_TORCH_PREFIX = re.compile(r"^\[rank\d+\]: ?")
_REMEMBERED = 1000
_TRACEBACK_WAIT = 5.0


class Screen:
    """Standard error of the whole job; lines that several ranks say are shown once."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._said_by: OrderedDict[str, int] = OrderedDict()

    def show(self, rank: int, text: str, prefix: str) -> None:
        """Show a line of a rank; users' errors (`dcanet: ...`) as they are."""
        with self._lock:
            if text.strip() and text.endswith("\n"):
                if self._said_by.setdefault(text, rank) != rank:
                    return
                if len(self._said_by) > _REMEMBERED:
                    self._said_by.popitem(last=False)
            sys.stderr.write(text if text.startswith("dcanet: ") else prefix + text)
            sys.stderr.flush()

    def say(self, line: str) -> None:
        """Show a line of the launcher's own."""
        with self._lock:
            print(f"dcanet: {line}", file=sys.stderr, flush=True)


class Output(threading.Thread):
    """Reads what one rank says, and shows it; a traceback is held back until it is known who is to blame.

    Rank 0 speaks for the job: no prefix, and a terminal for its progress bars where there is one.
    """

    def __init__(self, rank: int, screen: Screen) -> None:
        super().__init__(name=f"output of rank {rank}", daemon=True)
        self.rank = rank
        self.screen = screen
        self.lost_contact = False
        self._last = ""
        self._held: list[str] = []
        self._held_since = 0.0
        self._lock = threading.Lock()
        terminal = rank == 0 and sys.stderr.isatty()
        self._end, self.child_end = _terminal() if terminal else os.pipe()

    def start(self) -> None:
        """Read from now on; the rank has been started with `child_end`."""
        os.close(self.child_end)
        super().start()

    def run(self) -> None:
        rest = b""
        # A terminal whose other side has been closed is an error, not an end.
        with contextlib.suppress(OSError):
            while chunk := os.read(self._end, 65536):
                *lines, rest = re.split(rb"(?<=[\r\n])", rest + chunk)
                for line in lines:
                    self._take(line)
        if rest:
            self._take(rest + b"\n")
        os.close(self._end)

    def release_if_running_on(self) -> None:
        """Show a traceback that did not end the rank."""
        if self._held and time.monotonic() - self._held_since > _TRACEBACK_WAIT:
            self.release()

    def release(self) -> bool:
        """Show what was held back; whether that, or the rank's last line, says what went wrong."""
        with self._lock:
            held, self._held = self._held, []
        for text in held:
            self.screen.show(self.rank, text, f"rank {self.rank}: ")
        return bool(held) or self._last.startswith("dcanet: ")

    def _take(self, line: bytes) -> None:
        text = _TORCH_PREFIX.sub("", line.decode(errors="replace"))
        lost_contact = LOST_CONTACT in text
        with self._lock:
            self._last = text if text.strip() else self._last
            self.lost_contact |= lost_contact
            if self._held or lost_contact or text.startswith("Traceback (most recent call last)"):
                self._held_since = self._held_since if self._held else time.monotonic()
                self._held.append(text)
                return
        self.screen.show(self.rank, text, f"rank {self.rank}: " if self.rank else "")


def _terminal() -> tuple[int, int]:
    """A pseudo-terminal as wide as standard error's that does not change what is written to it."""
    import pty
    import termios

    here, there = pty.openpty()
    attributes = termios.tcgetattr(there)
    attributes[1] &= ~termios.OPOST
    termios.tcsetattr(there, termios.TCSANOW, attributes)
    termios.tcsetwinsize(there, termios.tcgetwinsize(sys.stderr.fileno()))
    return here, there
