"""YAML that users write: plain values, and no more of them than they wrote."""

from typing import Any

import yaml

from .errors import UserError

#: A config has hundreds of values, nested five deep.
MOST_VALUES, DEEPEST = 100_000, 50


def parse_yaml(text: str, source: str) -> Any:
    """The value of a text; nothing in it runs.

    Raises:
        UserError: `source` is no YAML, or stands for more than one can hold; see `refuse_boundless`.
    """
    try:
        value = yaml.safe_load(text)
    except (
        Exception
    ) as error:  # PyYAML itself stumbles over 2001-99-99, !!int '', 5,000 digits, 1,000 brackets
        said = " ".join(str(error).split()) or type(error).__name__
        raise UserError(f"{source}: not valid YAML: {said}") from error
    refuse_boundless(value, source)
    return value


def refuse_boundless(value: Any, source: str) -> None:
    """UserError for lists and mappings that hold themselves, or so many others that printing takes forever.

    A few lines of YAML whose aliases name one another ten times each stand for billions of values, which are
    in memory once: until something looks at them all.
    """
    known: dict[int, int] = {}

    def size(value: Any, depth: int) -> int:
        if not isinstance(value, dict | list | tuple | set):
            return 1
        if depth > DEEPEST:
            raise UserError(f"{source}: is nested more than {DEEPEST} deep; write it plainly")
        if id(value) not in known:
            inside = [*value, *value.values()] if isinstance(value, dict) else value
            known[id(value)] = 1 + sum(size(each, depth + 1) for each in inside)
        return known[id(value)]

    if size(value, 0) > MOST_VALUES:
        raise UserError(f"{source}: its aliases stand for more than {MOST_VALUES:,} values; write it plainly")
