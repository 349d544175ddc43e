"""Where and how a plug-in's own code failed, on one line."""

import inspect
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

from ..errors import UserError

PACKAGE = str(Path(__file__).parents[1])


def told(error: BaseException, code: Callable[..., Any] | Path) -> str:
    """The last line of the plug-in's file that was reached, and the error.

    Args:
        code: the file, or something that is defined in it.
    """
    file = str(code) if isinstance(code, Path) else inspect.getsourcefile(inspect.unwrap(code))
    reason = " ".join(str(error).split())
    frames = traceback.extract_tb(error.__traceback__)
    # What the package says of a call is a sentence already.
    if not (isinstance(error, UserError | ValueError) and frames[-1].filename.startswith(PACKAGE)):
        reason = f"{type(error).__name__}: {reason}".removesuffix(": ")
    if isinstance(error, SyntaxError) and error.filename == file:
        return f"{file}:{error.lineno}: {type(error).__name__}: {error.msg}"
    lines = [frame.lineno for frame in frames if frame.filename == file]
    return f"{file}:{lines[-1]}: {reason}" if lines else f"{file}: {reason}"
