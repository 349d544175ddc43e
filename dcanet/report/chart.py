"""A chart of the report, in the grammar of Vega-Lite."""

import csv
import io
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from markupsafe import Markup

from .as_csv import cell_text


@dataclass(frozen=True)
class Chart:
    """What a template draws as SVG, and a script brings to life where scripts run.

    `key` is unique on the page, `summary` says the chart to those who do not see it, `spec` is Vega-Lite with
    its data inside, and `rows`, at least one, are the data as the file "data (CSV)" has them.
    """

    key: str
    heading: str
    summary: str
    spec: Mapping[str, Any]
    rows: tuple[Mapping[str, str | float | int | None], ...]

    @cached_property
    def svg(self) -> Markup:
        """An SVG element."""
        from .charts.drawing import drawn

        return Markup(drawn(dict(self.spec), self.key, self.summary))

    @property
    def csv(self) -> str:
        """The rows as RFC 4180 has it, numbers with all their digits."""
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\r\n")
        writer.writerow(self.rows[0])
        writer.writerows([[_cell(value) for value in row.values()] for row in self.rows])
        return text.getvalue()

    @property
    def csv_address(self) -> str:
        """The CSV inside a link."""
        return f"data:text/csv;charset=utf-8;base64,{b64encode(self.csv.encode()).decode()}"


def _cell(value: str | float | int | None) -> str:
    if value is None:
        return ""
    return cell_text(value) if isinstance(value, str) else repr(value)
