"""Reading pickled arrays without running a pickle's code.

A pickle is a program: it may call whatever it names. Here it can name nothing but the stand-ins below, which
take down what an array is made of; numpy's own constructors are not called either.
"""

import io
import pickle
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import UserError


class _Array:
    """What a pickle says of an array: (version, shape, dtype, whether in Fortran's order, bytes)."""

    state: Any = None

    def __setstate__(self, state: Any) -> None:
        self.state = state


class _Type:
    """A dtype by its code."""

    def __init__(self, code: Any = None, *_: Any) -> None:
        self.code = code

    def __setstate__(self, state: Any) -> None:
        """The byte order, which bytes do not have."""


def _reconstruct(*_: Any) -> _Array:
    return _Array()


def _no_bytes() -> bytes:
    """How Python 3 writes none in protocol 2."""
    return b""


def _latin1(text: Any, encoding: Any) -> bytes:
    """How it writes some."""
    if not isinstance(text, str) or encoding not in ("latin1", b"latin1"):
        raise pickle.UnpicklingError("it encodes a text in an odd way")
    return text.encode("latin1")


_STAND_INS: dict[tuple[str, str], Any] = {
    ("numpy.core.multiarray", "_reconstruct"): _reconstruct,
    ("numpy._core.multiarray", "_reconstruct"): _reconstruct,
    ("numpy", "ndarray"): _Array,
    ("numpy", "dtype"): _Type,
    ("__builtin__", "bytes"): _no_bytes,
    ("_codecs", "encode"): _latin1,
}


class _Reader(pickle.Unpickler):
    def find_class(self, module: str, name: str) -> Any:
        try:
            return _STAND_INS[module, name]
        except KeyError:
            raise pickle.UnpicklingError(f"it wants to run {module}.{name}") from None


def read_pickle(data: bytes, source: str, instead: str) -> dict[str, Any]:
    """The pickled dict by its keys as text; arrays of bytes are uint8 arrays, texts of Python 2 are bytes.

    Args:
        instead: what the user can do without this file, as messages go on.

    Raises:
        UserError: anything but a dict of numbers, texts, containers and arrays of bytes; `source` is named.
    """
    try:
        content = _Reader(io.BytesIO(data), encoding="bytes").load()
    except Exception as error:  # a broken program fails in any way
        reason = " ".join(str(error).split()) or type(error).__name__
        raise UserError(f"{source}: is not read ({reason}); {instead}") from error
    if not isinstance(content, dict):
        raise UserError(f"{source}: holds a {type(content).__name__} where a dict is expected; {instead}")
    return {
        key.decode(errors="replace") if isinstance(key, bytes) else str(key): _array(value, source, instead)
        if isinstance(value, _Array)
        else value
        for key, value in content.items()
    }


def _array(array: _Array, source: str, instead: str) -> NDArray[np.uint8]:
    try:
        _, shape, dtype, fortran, data = array.state
        if dtype.code not in ("u1", b"u1") or fortran or not isinstance(data, bytes):
            raise ValueError("it is not of bytes in C's order")
        return np.frombuffer(data, np.uint8).reshape(shape)
    except (AttributeError, TypeError, ValueError) as error:
        raise UserError(f"{source}: an array is not read ({error}); {instead}") from error
