"""An estimate as a table for the terminal."""

import textwrap
from collections.abc import Iterator

from ..plan_documents import STAGES, Amounts, Estimate
from .units import Units, number

WIDTH = 110


def as_text(estimate: Estimate, config: str) -> str:
    """Title, a line for each network, sums by stage and in all, and every assumption."""
    devices = estimate.devices
    head = f"{config}: experiment {estimate.experiment} on {devices.count} x {devices.title}"
    units = Units.of(estimate.total)
    parts = [_table(estimate, units), _stages(estimate, units), _assumptions(estimate)]
    return "\n".join([head, *("\n".join(["", *part]) for part in parts)]) + "\n"


def _table(estimate: Estimate, units: Units) -> Iterator[str]:
    heading = [
        *("network", "speed", "images/s", f"{estimate.devices.unit}-{units.time}", f"wall {units.time}"),
        *(units.energy, "GB kept", "GB state", "GB fetched"),
    ]
    rows = [
        [
            one.network,
            one.basis,
            "" if one.training_images_per_second is None else number(one.training_images_per_second),
            *_amounts(one.amounts, units),
        ]
        for one in estimate.networks
    ]
    rows = [heading, *rows, ["in all", "", "", *_amounts(estimate.total, units)]]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        name, basis, *numbers = row
        words = [name.ljust(widths[0]), basis.ljust(widths[1])]
        right = [cell.rjust(width) for cell, width in zip(numbers, widths[2:], strict=True)]
        yield "  ".join([*words, *right]).rstrip()


def _amounts(amounts: Amounts, units: Units) -> list[str]:
    sizes = (amounts.kept_bytes, amounts.state_bytes, amounts.download_bytes)
    return [
        number(amounts.device_hours * units.per_hour),
        number(amounts.wall_hours * units.per_hour),
        number(amounts.energy_kwh * units.per_kwh),
        *(number(size / 1e9) for size in sizes),
    ]


def _stages(estimate: Estimate, units: Units) -> Iterator[str]:
    unit = estimate.devices.unit
    parts = [f"{stage} {number(estimate.device_hours(stage) * units.per_hour)}" for stage in STAGES]
    yield f"By stage, {unit}-{units.time}: {', '.join(parts)}."
    yield f"images/s are of training on one {unit}; GB state are there only while a training runs."


def _assumptions(estimate: Estimate) -> Iterator[str]:
    yield "What was not measured:"
    for text in estimate.assumptions:
        yield from textwrap.wrap(text, WIDTH, initial_indent="- ", subsequent_indent="  ")
