"""Pickles that torch's reader of weights would not survive, told before it reads them.

It runs nothing that it does not know. But of what it knows, a bytearray of 2 GiB takes eight bytes, and a key
of tuples within tuples ends the process when its hash is made.
"""

import mmap
import pickletools
from typing import IO

#: Of values within values; a checkpoint with its optimizer and its settings has some ten.
DEEPEST = 100
#: As they stand in a pickle. Weights hold none.
BYTEARRAYS = ("builtins bytearray", "__builtin__ bytearray")

_MARK = -1
_KEEP = {"PUT", "BINPUT", "LONG_BINPUT", "MEMOIZE"}
_TAKE = {"GET", "BINGET", "LONG_BINGET"}
_PUT_INSIDE = {"APPEND", "APPENDS", "SETITEM", "SETITEMS", "ADDITEMS", "BUILD"}


def check_pickle(file: IO[bytes] | mmap.mmap) -> None:
    """Go through the pickle that a file continues with, up to its end.

    Raises:
        ValueError: it is none, is nested deeper than `DEEPEST`, or makes a bytearray.
    """
    stack: list[int] = []  # of each value how deep others stand in it, or a mark
    memo: dict[int, int] = {}
    try:
        for opcode, argument, _ in pickletools.genops(file):  # type: ignore[arg-type]  # it reads whatever can read
            if opcode.name == "GLOBAL" and argument in BYTEARRAYS:
                raise ValueError("it makes a bytearray, which no weights do")
            if opcode.name in _KEEP:
                memo[len(memo) if argument is None else int(argument)] = stack[-1]
            elif opcode.name in _TAKE:
                stack.append(memo[int(argument or 0)])
            else:
                _step(opcode, stack)
    except (LookupError, OverflowError, UnicodeError) as error:
        raise ValueError(f"it is no whole pickle: {type(error).__name__}") from error


def _step(opcode: pickletools.OpcodeInfo, stack: list[int]) -> None:
    """What an opcode takes from the stack and puts there, by the descriptions of Python's own."""
    count = len(opcode.stack_before)
    taken: list[int] = []
    if pickletools.markobject in opcode.stack_before or (opcode.name == "POP" and stack[-1] == _MARK):
        mark = len(stack) - 1 - stack[::-1].index(_MARK)
        taken = stack[mark + 1 :]
        del stack[mark:]
        count = opcode.stack_before.index(pickletools.markobject) if opcode.name != "POP" else 0
    if count > len(stack):
        raise LookupError("it takes more than it has")
    below = stack[len(stack) - count :]
    del stack[len(stack) - count :]
    if opcode.name in _PUT_INSIDE:
        depth = max(below[0], 1 + max([*below[1:], *taken], default=0))
    else:
        depth = 1 + max([*below, *taken], default=0)
    if depth > DEEPEST:
        raise ValueError(f"its values are nested more than {DEEPEST} deep")
    stack += [_MARK if each is pickletools.markobject else depth for each in opcode.stack_after]
