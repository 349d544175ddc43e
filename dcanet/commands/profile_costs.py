"""dcanet profile costs: parameters by part, and multiply-adds by three conventions."""

import argparse
from pathlib import Path

from ..profile_documents import ModelCosts, Parts, Uncounted
from .options import add_options, options_of


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("models", nargs="+", metavar="MODEL", help="classifiers and detectors")
    parser.add_argument("--out", type=Path, required=True, help="JSON file to write")
    parser.add_argument(
        "--image-size",
        type=int,
        default=224,
        help="side in pixels of a classifier's image (default: %(default)s); detectors take 800 x 1333",
    )
    parser.add_argument(
        "--structures",
        type=Path,
        metavar="FILE",
        help="also write what a block of each connected classifier is made of",
    )
    parser.add_argument(
        "--keep-going", action="store_true", help="write down why a model cannot be counted, and go on"
    )
    add_options(parser)


def run(arguments: argparse.Namespace) -> None:
    networks = {model: options_of(model, arguments.option, detectors_too=True) for model in arguments.models}
    from ..profiling.costs import measure_costs
    from ..provenance import now, provenance

    started = now()
    costs = measure_costs(networks, arguments.image_size, arguments.keep_going)
    costs.model_copy(update={"provenance": provenance(started, "meta")}).save(arguments.out)
    if arguments.structures:
        from ..profiling.structure import structures

        counted = {name for name, cost in costs.models.items() if isinstance(cost, ModelCosts)}
        built = {name: options for name, options in networks.items() if name in counted}
        structures(built, arguments.image_size).save(arguments.structures)
    for name, cost in costs.models.items():
        print(_told(name, cost))


def _told(name: str, cost: ModelCosts | Uncounted) -> str:
    """A network's costs as a small table; what connecting adds is relative to the rest of the network."""
    if isinstance(cost, Uncounted):
        return f"not counted: {cost.reason}"
    rows = [["", *Parts.model_fields, "total", "connecting adds"]]
    counts = {"parameters": cost.parameters}
    counts |= {f"MACs ({convention})": count.parts for convention, count in cost.macs.items()}
    for heading, parts in counts.items():
        added = 100 * parts.connection / (parts.total - parts.connection)
        numbers = [f"{count:,}" for count in (*parts.model_dump().values(), parts.total)]
        rows.append([heading, *numbers, f"{added:.3g} %" if parts.connection else "-"])
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = ["  ".join(map(str.rjust, row, widths)) for row in rows]
    sides = f"{cost.height} x {cost.width} pixels, {cost.classes:,} classes"
    return "\n".join([f"{name}: {sides}", *([cost.note] if cost.note else []), *lines])
