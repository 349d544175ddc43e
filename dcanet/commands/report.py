"""dcanet report: tables and the HTML page from stored results."""

import argparse
import contextlib
import math
from pathlib import Path

from .options import add_sheets, pairs_of_sheet


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
    parser.add_argument(
        "--watch",
        nargs="?",
        type=_seconds,
        const=2.0,
        metavar="SECONDS",
        help="render anew whenever results change, looking every so many seconds (default: 2), until Ctrl-C",
    )
    add_sheets(parser)


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = 0
    if not 0 < seconds < math.inf:
        raise argparse.ArgumentTypeError(f"{text!r} is no number of seconds above 0")
    return seconds


def run(arguments: argparse.Namespace) -> None:
    from ..report import render
    from ..report.watching import watch
    from ..sheets import read_detectors

    def render_now() -> Path:
        return render(
            results=arguments.results,
            pairs=pairs_of_sheet(arguments),
            detectors=read_detectors(arguments.detectors),
            out=arguments.out,
            experiment=arguments.results.name,
            data_note=arguments.data_note,
            detection_note=arguments.detection_note,
            logs=arguments.logs,
            pretrained=arguments.pretrained,
        )

    if arguments.watch is None:
        print(f"the report is at {render_now().resolve()}")
        return
    folders = [arguments.results, *([arguments.logs] if arguments.logs else [])]
    with contextlib.suppress(KeyboardInterrupt):
        watch(render_now, folders, arguments.watch)
