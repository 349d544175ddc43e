"""Texts from files as XML can have them.

Names of files may have other characters, and such a one would end the converter, and Python with it.
"""

import re
from typing import Any

_NOT_IN_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def drawable(value: Any) -> Any:
    """The same text, mapping or list, with a replacement for each character that cannot be drawn."""
    if isinstance(value, str):
        return _NOT_IN_XML.sub("\N{REPLACEMENT CHARACTER}", value)
    if isinstance(value, dict):
        return {key: drawable(member) for key, member in value.items()}
    if isinstance(value, list):
        return [drawable(member) for member in value]
    return value
