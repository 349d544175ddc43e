"""Signals that ask a training to save its state and stop, and the exit code that says so."""

import signal

SIGNALS = (signal.SIGTERM, signal.SIGUSR1)
#: Exit code for "continue me": the state is saved, run the same command again.
CONTINUE = 75


class Interrupted(Exception):
    """Training stopped on request with its state saved."""
