"""Signals that ask a training to save its state and stop, and the exit code that says so."""

import signal

SIGNALS = (signal.SIGTERM, signal.SIGUSR1)
#: The one that only announces the end, as `sbatch --signal=USR1@120` has it sent before the time limit.
WARNING = signal.SIGUSR1
#: Exit code for "continue me": the state is saved, run the same command again.
CONTINUE = 75


class Interrupted(Exception):
    """Training stopped on request with its state saved.

    `steps` were done since it was started; `warned` says that the end was only announced, by `WARNING`.
    """

    def __init__(self, steps: int, warned: bool) -> None:
        super().__init__()
        self.steps = steps
        self.warned = warned
