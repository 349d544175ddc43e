"""Things of one kind by their names, each with the file that registered it."""

import re
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from typing import Generic, TypeVar

from ..errors import UserError, nearest

Thing = TypeVar("Thing")


class Registry(Generic[Thing]):
    """Names of one kind.

    Args:
        kind: in words, for messages.
        reserved: names that are the project's own.
    """

    def __init__(self, kind: str, reserved: Collection[str] = ()) -> None:
        self.kind = kind
        self._reserved = frozenset(reserved)
        self._things: dict[str, Thing] = {}

    def check(self, name: object) -> None:
        """UserError for a name that is taken or cannot be one."""
        if not isinstance(name, str):
            raise UserError(
                f"register_{self.kind}: takes a name, not a {type(name).__name__}; "
                f'write @register_{self.kind}("name")'
            )
        if not re.fullmatch("[a-z][a-z0-9_]*", name):
            raise UserError(
                f"{self.kind} {name!r}: use lower-case letters, digits and _, and begin with a letter"
            )
        if name in self._reserved or name in self._things:
            raise UserError(f"{self.kind} {name!r} is taken; choose another name")

    def add(self, name: str, thing: Thing) -> None:
        """Register a thing under a name that was checked."""
        self._things[name] = thing

    def names(self) -> list[str]:
        """In the order in which they were registered."""
        return list(self._things)

    def __contains__(self, name: object) -> bool:
        return name in self._things

    def __getitem__(self, name: str) -> Thing:
        if name not in self._things:
            raise UserError(f"unknown {self.kind} {name!r}{nearest(name, self.names())}")
        return self._things[name]

    @contextmanager
    def undone(self) -> Iterator[None]:
        """What is added while this lasts is forgotten afterwards."""
        before = dict(self._things)
        try:
            yield
        finally:
            self._things = before
