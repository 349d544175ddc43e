"""A chart as static SVG inside the page: readable without scripts and in print, in the page's colours."""

import re
from typing import Any
from xml.etree import ElementTree

from .drawable import drawable
from .vega import to_svg

NAMESPACE = "http://www.w3.org/2000/svg"
ElementTree.register_namespace("", NAMESPACE)
#: More digits than a screen has pixels.
_LONG_NUMBER = re.compile(r"(-?\d+\.\d\d)\d+")


def drawn(spec: dict[str, Any], key: str, title: str) -> str:
    """The SVG element; `key` sets its ids apart from those of the page's other drawings."""
    root = ElementTree.fromstring(to_svg(spec))
    for element in root.iter():
        # What can be pointed at and not be seen.
        for unseen in element.findall("*[@opacity='0']"):
            element.remove(unseen)
        # The drawing as a whole has a role and a name; its marks have none of their own.
        element.attrib = {
            name: _own(_LONG_NUMBER.sub(r"\1", value), name, key)
            for name, value in element.attrib.items()
            if name != "role" and not name.startswith("aria-")
        }
    root.set("role", "img")
    root.set("aria-labelledby", f"{key}-title")
    named = ElementTree.Element(f"{{{NAMESPACE}}}title", {"id": f"{key}-title"})
    named.text = drawable(title)
    root.insert(0, named)
    return ElementTree.tostring(root, encoding="unicode")


def _own(value: str, name: str, key: str) -> str:
    """An attribute's value, in which ids are the drawing's own."""
    if name == "id":
        return f"{key}-{value}"
    return value.replace("url(#", f"url(#{key}-")
