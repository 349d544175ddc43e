"""How a plan's numbers are written."""

from dataclasses import dataclass

from ..plan_documents import Amounts

#: Below so many hours or kWh in all, a table is in minutes or Wh.
SMALL = 2.0


@dataclass(frozen=True)
class Units:
    """What a table's numbers are in, and how many of it make an hour, a kWh and a byte."""

    time: str
    per_hour: float
    energy: str
    per_kwh: float

    @classmethod
    def of(cls, total: Amounts) -> "Units":
        time = ("min", 60) if total.device_hours < SMALL else ("h", 1)
        energy = ("Wh", 1000) if total.energy_kwh < SMALL else ("kWh", 1)
        return cls(*time, *energy)


def number(value: float) -> str:
    """Three digits that count, and no more."""
    for decimals, least in enumerate((99.95, 9.995)):
        if value >= least:
            return f"{value:,.{decimals}f}"
    return f"{value:.2f}" if value else "0"
