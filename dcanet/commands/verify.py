"""dcanet verify: whether results are what they say they are."""

import argparse
import json
import sys
from pathlib import Path

from .options import add_sheets


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "results",
        type=Path,
        help="an experiment's folder, as results/digits; a folder of several; or a pack of `dcanet export`",
    )
    parser.add_argument(
        "--report", type=Path, default=Path("report"), help="folder of the report (default: %(default)s)"
    )
    parser.add_argument(
        "--data",
        type=Path,
        nargs="+",
        default=[],
        metavar="FOLDER",
        help="data sets of the results: fingerprints, AP and AR are found anew from them",
    )
    parser.add_argument("--json", action="store_true", help="print everything as JSON")
    add_sheets(parser)


def run(arguments: argparse.Namespace) -> int:
    from ..verification.inputs import check

    findings = check(
        arguments.results, arguments.report, arguments.data, arguments.pairs, arguments.detectors
    )
    if arguments.json:
        json.dump(findings.as_data(), sys.stdout, indent=2, ensure_ascii=False)
        print()
    else:
        for note in findings.notes:
            print(f"note: {note}")
        for problem in findings.problems:
            print(problem)
        print(findings.summary)
    return 1 if findings.problems else 0
