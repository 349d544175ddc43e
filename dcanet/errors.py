"""Errors that are the user's to mend."""

from pydantic import ValidationError


class UserError(Exception):
    """One clear line naming the file or key and the fix; the command line shows it without a traceback."""

    def line(self) -> str:
        """The message as one line; of an error from a loader process, what it said itself.

        Torch re-raises a worker's error with the worker's traceback as its text.
        """
        last = str(self).strip().splitlines()[-1]
        return last.removeprefix(f"{UserError.__module__}.{UserError.__qualname__}: ")


def first_problem(error: ValidationError) -> tuple[str, str, str]:
    """(type, dotted key, message) of the mistake to tell first: an unknown key explains a missing one."""
    chosen = min(error.errors(), key=lambda problem: problem["type"] != "extra_forbidden")
    where = ".".join(str(part) for part in chosen["loc"])
    return chosen["type"], where, chosen["msg"].removeprefix("Value error, ")
