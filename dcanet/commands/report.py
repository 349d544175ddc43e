"""dcanet report: tables and the HTML page from stored results."""

import argparse
from pathlib import Path

from .options import add_sheets


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("results", type=Path, help="the experiment's folder, e.g. results/digits")
    parser.add_argument("--out", type=Path, default=Path("report"), help="default: %(default)s")
    parser.add_argument(
        "--logs", type=Path, help="the experiment's logs, to say where a failure is described"
    )
    parser.add_argument(
        "--data-note",
        default="the experiment's val split",
        help="what our accuracies were measured on, in words",
    )
    parser.add_argument(
        "--detection-note", default="the val split", help="what our AP was measured on, in words"
    )
    parser.add_argument(
        "--pretrained",
        nargs="+",
        default=[],
        metavar="MODEL",
        help="show the weights that were not trained here, where a model has both",
    )
    add_sheets(parser)


def run(arguments: argparse.Namespace) -> None:
    from ..report import render
    from ..sheets import read_detectors, read_pairs

    page = render(
        results=arguments.results,
        pairs=read_pairs(arguments.pairs),
        detectors=read_detectors(arguments.detectors),
        out=arguments.out,
        experiment=arguments.results.name,
        data_note=arguments.data_note,
        detection_note=arguments.detection_note,
        logs=arguments.logs,
        pretrained=arguments.pretrained,
    )
    print(f"the report is at {page.resolve()}")
