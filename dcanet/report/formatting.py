"""How a number is written: the same strings for HTML and Markdown."""

from dataclasses import dataclass

from .table import Column, Value

MINUS = "\N{MINUS SIGN}"
ARROWS = {"higher": "↑", "lower": "↓"}


@dataclass(frozen=True)
class Shown:
    """A number as text, its uncertainty, and the exact number with its unit (the paper's as printed)."""

    main: str
    uncertainty: str
    exact: str


def shown(value: Value, column: Column, published: bool = False) -> Shown:
    """Text of a value of this column; published differences have the precision of printed values."""
    metric = column.metric
    decimals = metric.delta_decimals if column.delta and not published else metric.decimals
    scale = metric.scale

    def text(number: float) -> str:
        return signed(number / scale, decimals) if column.delta else f"{number / scale:,.{decimals}f}"

    uncertainty = ""
    if len(value.seeds) > 1 and value.sd is not None:
        uncertainty = f"± {text(value.sd)}, {len(value.seeds)} seeds"
    elif value.interval:
        uncertainty = f"[{text(value.interval[0])}, {text(value.interval[1])}]"
    main = text(value.number)
    if published or scale == 1:
        return Shown(main, uncertainty, f"{main if published else _digits(value, column)} {column.unit}")
    return Shown(main, uncertainty, f"{_digits(value, column)} {metric.label}")


def signed(number: float, decimals: int) -> str:
    """A difference with its sign, also where it rounds to zero."""
    return f"{number:{'+' if number else ''},.{decimals}f}".replace("-", MINUS)


def plain(number: float) -> str:
    """The number for machines: all its digits, plain ASCII."""
    return str(number) if isinstance(number, int) else f"{number:.12g}"


def _digits(value: Value, column: Column) -> str:
    sign = "+" if column.delta and value.number else ""
    return f"{value.number:{sign},.12g}".replace("-", MINUS)
