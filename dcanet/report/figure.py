"""A drawing as shapes and texts, which a template writes as inline SVG."""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Shape:
    """An SVG path; `kind` is its class in the style sheet."""

    kind: str
    path: str


@dataclass(frozen=True)
class Label:
    """A text at a place."""

    x: float
    y: float
    text: str
    anchor: Literal["start", "middle", "end"] = "start"
    kind: str = ""


@dataclass(frozen=True)
class Figure:
    """A drawing with a heading; `summary` says it to those who do not see it."""

    key: str
    heading: str
    summary: str
    width: int
    height: int
    shapes: tuple[Shape, ...]
    labels: tuple[Label, ...]
