"""dcanet export: an experiment as one file, for others to check."""

import argparse
from pathlib import Path

from .options import add_sheets

LOCKS = ("requirements.lock", "environment.yml")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("results", type=Path, help="the experiment's folder, e.g. results/digits")
    parser.add_argument("--out", type=Path, required=True, metavar="FILE", help="zip file to write")
    parser.add_argument(
        "--report", type=Path, default=Path("report"), help="its folder (default: %(default)s)"
    )
    parser.add_argument("--logs", type=Path, metavar="FOLDER", help="pack these logs too, e.g. logs/digits")
    parser.add_argument(
        "--weights", action="store_true", help="pack the weights too, which are most of a run's bytes"
    )
    parser.add_argument(
        "--configfile",
        type=Path,
        default=Path("config/config.yaml"),
        help="only for results that do not hold the config they ran with (default: %(default)s)",
    )
    parser.add_argument(
        "--license",
        default="no licence given",
        help="of the results, in words or as an address (default: none)",
    )
    add_sheets(parser)


def run(arguments: argparse.Namespace) -> None:
    from ..export.contents import Chosen
    from ..export.pack import export

    chosen = Chosen(
        arguments.results,
        arguments.report,
        arguments.pairs,
        arguments.detectors,
        arguments.configfile,
        [Path(name) for name in LOCKS],
        arguments.logs,
        arguments.weights,
    )
    packed = export(chosen, arguments.out, arguments.license)
    size = arguments.out.stat().st_size
    print(f"{arguments.out}: {len(packed.files) + len(packed.texts):,} files, {size / 1e6:,.1f} MB")
    for absent in packed.absent:
        print(f"not packed: {absent}")
