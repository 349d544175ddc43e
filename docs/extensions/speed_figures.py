"""The directive `speed-figures`: all that is asked of the project's speed, and what benchmarks/results has.

Each target has a table of what was measured, on which machine, beside what is asked and what bounds it, and a
chart. A target that nobody measured yet says so, with its command.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import altair
from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

from benchmarks.outcome import RESULTS, Figure, Outcome
from benchmarks.targets import TARGETS, Target
from dcanet.report.charts.drawing import drawn

#: Of a chart with this many bars or fewer there is nothing to see that a table does not show.
FEWEST_BARS = 3
GOOD, SHORT, STATED = "#1b7837", "#b35806", "#4575b4"


@dataclass(frozen=True)
class Measured:
    """A figure and where it was measured."""

    figure: Figure
    machine: str

    @property
    def label(self) -> str:
        return f"{self.figure.case} ({self.machine})"


def short_machine(outcome: Outcome) -> str:
    """GPU or processor, and how many cores."""
    facts = outcome.machine
    name = facts.get("gpu") or facts["processor"]
    units = facts.get("vector_units", "").split(", ")[-1]
    return str(name) if "gpu" in facts else f"{name}, {facts['cores']} cores, {units}"


def all_measured(folder: Path) -> dict[str, list[Measured]]:
    """Target -> its figures, from every outcome in the folder."""
    found: dict[str, list[Measured]] = {key: [] for key in TARGETS}
    for path in sorted(folder.glob("*.json")):
        outcome = Outcome.load(path)
        for figure in outcome.figures:
            found[figure.target].append(Measured(figure, short_machine(outcome)))
    return found


def rows(target: Target, measured: list[Measured]) -> Iterator[list[str]]:
    for one in measured:
        figure = one.figure
        spread = "" if figure.low is None else f" ({figure.low:.3g} to {figure.high:.3g})"
        verdict = target.verdict(figure.value).replace("short", "**short**")
        sides = "; ".join(f"{name} {value:.3g}" for name, value in figure.sides.items())
        remarks = ". ".join(filter(None, (sides, figure.note, figure.limit)))
        yield [figure.case, target.with_unit(figure.value) + spread, verdict, one.machine, remarks]


def introduction(target: Target, measured: list[Measured]) -> str:
    """What is asked, and the command that measures it."""
    beside = f" beside {target.against}" if target.against else ""
    yet = "" if measured else "Not measured yet: "
    return f"{target.asked.capitalize()}{beside}. {yet}`python -m benchmarks {target.command}`"


def table(target: Target, measured: list[Measured]) -> str:
    """Of what was found."""
    head = ["case", "figure", "", "machine", "measured, and what bounds it"]
    return as_table([head, ["---"] * len(head), *rows(target, measured)])


def as_table(rows: list[list[str]]) -> str:
    return "\n".join(f"| {' | '.join(cell.replace('|', '/') for cell in row)} |" for row in rows)


def summary(found: dict[str, list[Measured]]) -> str:
    """A row for each target: what is asked, from where to where its figures are, how many reach it."""
    lines = [["what", "asked", "measured", "reached"], ["---"] * 4]
    for key, measured in found.items():
        target = TARGETS[key]
        values = [one.figure.value for one in measured]
        span = f"{min(values):.3g} to {target.with_unit(max(values))}" if values else "not measured"
        if len(set(values)) == 1:
            span = target.with_unit(values[0])
        reached = [target.reached(value) for value in values]
        count = f"{reached.count(True)} of {len(reached)}" if None not in reached and reached else ""
        lines.append([f"[{target.what}](#{identifier(key)})", target.asked, span, count])
    return as_table(lines)


def identifier(key: str) -> str:
    return f"speed-of-{key.replace('_', '-')}"


def chart(key: str, target: Target, measured: list[Measured]) -> str:
    """Bars with the spread of their rounds, and a line at what is asked."""
    colours = {True: GOOD, False: SHORT, None: STATED}
    values = [
        {
            "case": one.label,
            "value": one.figure.value,
            "low": one.figure.low if one.figure.low is not None else one.figure.value,
            "high": one.figure.high if one.figure.high is not None else one.figure.value,
            "colour": colours[target.reached(one.figure.value)],
        }
        for one in measured
    ]
    base = altair.Chart(altair.Data(values=values)).encode(
        y=altair.Y("case:N", sort=None, title=None, axis=altair.Axis(labelLimit=360))
    )
    bars = base.mark_bar(height=9).encode(
        x=altair.X("value:Q", title=f"{target.what}, {target.unit}"),
        color=altair.Color("colour:N", scale=None),
    )
    spread = base.mark_rule(color="black").encode(x="low:Q", x2="high:Q")
    layers: list[Any] = [bars, spread]
    if target.bound is not None:
        asked = altair.Chart(altair.Data(values=[{"bound": target.bound}]))
        layers.append(asked.mark_rule(strokeDash=[4, 3], color="black").encode(x="bound:Q"))
    spec = altair.layer(*layers).properties(width=300, background="white").to_dict()
    return drawn(spec, f"speed-{key.replace('_', '-')}", target.what)


class SpeedFigures(SphinxDirective):
    """A table of all targets, and a section of each with a chart and what was measured."""

    def run(self) -> list[nodes.Node]:
        for path in sorted(RESULTS.glob("*.json")):
            self.env.note_dependency(str(path))
        measured = all_measured(RESULTS)
        sections = [self._section(key, found) for key, found in measured.items()]
        # After the sections, whose ids it links to.
        return [*self.parse_text_to_nodes(summary(measured)), *sections]

    def _section(self, key: str, measured: list[Measured]) -> nodes.section:
        target = TARGETS[key]
        section = nodes.section(ids=[identifier(key)], names=[identifier(key)])
        self.state.document.note_explicit_target(section)
        section += nodes.title(text=target.what[0].upper() + target.what[1:])
        section += self.parse_text_to_nodes(introduction(target, measured))
        folded = len(measured) >= FEWEST_BARS
        if folded:
            drawing = f'<div style="overflow-x: auto">{chart(key, target, measured)}</div>'
            opened = f"<details><summary>{len(measured)} figures</summary>"
            section += nodes.raw("", drawing + opened, format="html")
        if measured:
            section += self.parse_text_to_nodes(table(target, measured))
        if folded:
            section += nodes.raw("", "</details>", format="html")
        return section


def setup(app: Sphinx) -> dict[str, Any]:
    app.add_directive("speed-figures", SpeedFigures)
    return {"version": "1", "parallel_read_safe": True}
