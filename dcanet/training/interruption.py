"""Requests to save the state and stop, to be continued later."""

import signal
from types import FrameType, TracebackType
from typing import Any, Self

from ..signals import SIGNALS, WARNING


class StopRequests:
    """While entered, SIGTERM and SIGUSR1 only set a flag; a step in progress is finished first."""

    def __init__(self) -> None:
        self.requested = False
        #: Whether the end was only announced.
        self.warned = False
        self._before: dict[signal.Signals, Any] = {}

    def __enter__(self) -> Self:
        for number in SIGNALS:
            self._before[number] = signal.signal(number, self._request)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def _request(self, number: int, frame: FrameType | None) -> None:
        self.requested = True
        self.warned |= number == WARNING
