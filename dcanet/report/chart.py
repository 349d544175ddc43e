"""A chart of the report, in the grammar of Vega-Lite."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Chart:
    """What a template draws as SVG, and a script brings to life where scripts run.

    `key` is unique on the page, `summary` says the chart to those who do not see it, `spec` is Vega-Lite with
    its data inside, and `rows` are the data as the file "data (CSV)" has them.
    """

    key: str
    heading: str
    summary: str
    spec: Mapping[str, Any]
    rows: tuple[Mapping[str, str | float | int | None], ...]
