"""How a number is written: the same strings for HTML and Markdown."""

from dataclasses import dataclass

from ..comparison_documents import Estimate
from .table import Column, Value

MINUS = "\N{MINUS SIGN}"
ARROWS = {"higher": "↑", "lower": "↓"}


@dataclass(frozen=True)
class Shown:
    """A number as text, its uncertainty, the exact number with its unit (the paper's as printed), and the
    verdict on a difference."""

    main: str
    uncertainty: str
    exact: str
    verdict: str = ""


def shown(value: Value, column: Column, published: bool = False) -> Shown:
    """Text of a value of this column; published differences have the precision of printed values."""
    metric = column.metric
    decimals = metric.delta_decimals if column.delta and not published else metric.decimals
    scale = metric.scale

    def text(number: float) -> str:
        return signed(number / scale, decimals) if column.delta else f"{number / scale:,.{decimals}f}"

    parts = []
    if len(value.seeds) > 1 and value.sd is not None:
        parts.append(f"± {text(value.sd)}, {len(value.seeds)} seeds")
    if value.interval:
        parts.append(f"[{text(value.interval[0])}, {text(value.interval[1])}]")
    main, uncertainty = text(value.number), " ".join(parts)
    unit = column.unit if published or scale == 1 else metric.label
    exact = f"{main if published else _digits(value, column)} {unit}"
    judged = value.judgement
    if judged is None:
        return Shown(main, uncertainty, exact)
    exact += f"; adjusted p {p_text(judged.p_adjusted)}"
    if judged.detectable is not None:
        exact += f"; detectable {judged.detectable / scale:.{decimals}f} {column.unit}"
    return Shown(main, uncertainty, exact, judged.text)


def signed(number: float, decimals: int) -> str:
    """A difference with its sign, also where it rounds to zero."""
    return f"{number:{'+' if number else ''},.{decimals}f}".replace("-", MINUS)


def p_text(p: float) -> str:
    """As many digits as matter."""
    return "< 0.0001" if p < 0.0001 else f"{p:.4f}" if p < 0.01 else f"{p:.2f}"


def with_interval(estimate: Estimate, decimals: int = 2) -> str:
    """A difference, for example "+0.40 [−0.10, +0.90]"."""
    low, high = (signed(end, decimals) for end in estimate.interval)
    return f"{signed(estimate.value, decimals)} [{low}, {high}]"


def plain(number: float) -> str:
    """The number for machines: all its digits, plain ASCII."""
    return str(number) if isinstance(number, int) else f"{number:.12g}"


def _digits(value: Value, column: Column) -> str:
    sign = "+" if column.delta and value.number else ""
    return f"{value.number:{sign},.12g}".replace("-", MINUS)
