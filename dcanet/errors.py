"""Errors that are the user's to mend."""

import difflib
from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # importing pydantic takes longer than all else that the command line needs
    from pydantic import ValidationError


class UserError(Exception):
    """One clear line naming the file or key and the fix; the command line shows it without a traceback."""

    def line(self) -> str:
        """The message as one line; of an error from a loader process, what it said itself.

        Torch re-raises a worker's error with the worker's traceback as its text.
        """
        last = str(self).strip().splitlines()[-1]
        return last.removeprefix(f"{UserError.__module__}.{UserError.__qualname__}: ")


def first_problem(error: "ValidationError") -> tuple[str, str, str]:
    """(type, dotted key, message) of the mistake to tell first: an unknown key explains a missing one."""
    chosen = min(error.errors(), key=lambda problem: problem["type"] != "extra_forbidden")
    where = ".".join(str(part) for part in chosen["loc"])
    return chosen["type"], where, chosen["msg"].removeprefix("Value error, ")


def nearest(name: str, known: Sequence[str]) -> str:
    """How a message about an unknown name ends: the known one that was meant, or all of them."""
    close = difflib.get_close_matches(name, known, n=1, cutoff=0.5)
    return f"; did you mean {close[0]!r}?" if close else f"; known are: {', '.join(known)}"
