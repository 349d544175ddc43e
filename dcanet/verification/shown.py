"""Numbers in texts for people, which are rounded: Markdown, LaTeX and the page."""

import re
from collections.abc import Iterable

from .findings import Findings
from .tables import Column, Number

NUMBER = re.compile(r"[+-]?\d[\d,]*(?:\.\d+)?")
#: More than the last digit's half by so much is another number.
SLACK = 1e-6


def numbers_in(text: str) -> list[str]:
    """Plain decimals in their order; minus signs of all kinds are one."""
    return NUMBER.findall(text.replace("\N{MINUS SIGN}", "-").replace("$-$", "-"))


def expected_of(number: Number | None, column: Column) -> list[float]:
    """What stands in a cell: the number, its spread over seeds and how many, its interval."""
    if number is None:
        return []
    found = [number.value / column.scale]
    if len(number.seeds) > 1 and number.sd is not None:
        found += [number.sd / column.scale, len(number.seeds)]
    if number.interval:
        found += [end / column.scale for end in number.interval]
    return found


def check_shown(findings: Findings, file: str, field: str, expected: Iterable[float], text: str) -> None:
    """That exactly these numbers are in a text, each rounded to as many digits as it is shown with."""
    wanted, found = list(expected), numbers_in(text)
    if not findings.same(file, f"{field}, how many numbers", len(wanted), len(found)):
        return
    for number, shown in zip(wanted, found, strict=True):
        decimals = len(shown.partition(".")[2])
        printed = float(shown.replace(",", ""))
        findings.numbers += 1
        if not abs(printed - number) <= (0.5 + SLACK) * 10**-decimals:
            findings.problem(file, field, f"{number:.12g}, rounded", shown)
