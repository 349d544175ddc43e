"""dcanet compare: two runs, commits or machines against each other, image by image."""

import argparse
import sys
from pathlib import Path

from ..files import write_text
from .options import add_settings


def add_arguments(parser: argparse.ArgumentParser) -> None:
    for name, side in (("results_a", "the baseline"), ("results_b", "what is held against it")):
        parser.add_argument(
            name,
            type=Path,
            metavar=name.upper(),
            help=f"{side}: an evaluation's folder, or an experiment's, as results/digits",
        )
    add_settings(parser)
    parser.add_argument("--out", type=Path, help="file for the Markdown; for the figures if it ends in .json")
    parser.add_argument(
        "--fail-if-worse",
        action="store_true",
        help="exit code 1 if top-1 or AP of a network is worse by more than noise, or B lacks a network; "
        "extra test sets do not count",
    )


def run(arguments: argparse.Namespace) -> int | None:
    from ..report.comparison_markdown import comparison_markdown
    from ..statistics.folders import find_evaluations
    from ..statistics.settings import Settings
    from ..statistics.versus import versus

    settings = Settings(arguments.alpha, arguments.adjust, arguments.resamples)
    a, b = find_evaluations(arguments.results_a), find_evaluations(arguments.results_b)
    found = versus(a, b, settings)
    text = comparison_markdown(found, a, b)
    if arguments.out is None:
        print(text, end="")
    elif arguments.out.suffix == ".json":
        found.statistics.save(arguments.out)
    else:
        write_text(arguments.out, text)
    if arguments.fail_if_worse and (failures := found.failures()):
        print(f"dcanet: {'; '.join(failures)}", file=sys.stderr)
        return 1
    return None
