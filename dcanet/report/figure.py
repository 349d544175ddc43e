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


def line(x1: float, y1: float, x2: float, y2: float) -> str:
    """A path."""
    return f"M{x1:.1f} {y1:.1f}L{x2:.1f} {y2:.1f}"


def circle(x: float, y: float, radius: float) -> str:
    """A path."""
    arc = f"a{radius:g} {radius:g} 0 1 0"
    return f"M{x - radius:.1f} {y:.1f}{arc} {2 * radius:g} 0{arc} {-2 * radius:g} 0z"


def diamond(x: float, y: float, half_width: float, half_height: float) -> str:
    """A path."""
    corners = ((-half_width, 0), (0, -half_height), (half_width, 0), (0, half_height))
    return f"M{'L'.join(f'{x + dx:.1f} {y + dy:.1f}' for dx, dy in corners)}z"
