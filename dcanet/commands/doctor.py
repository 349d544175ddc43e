"""dcanet doctor: why jobs of a run failed, and what to change."""

import argparse
from pathlib import Path

from ..errors import UserError
from .options import add_config


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.epilog = (
        "Run it in the folder that Snakemake ran in. It reads logs/, results/ and .snakemake/, asks SLURM's "
        "tools where there are some, and changes nothing. Exit code 0: nothing failed and nothing is in the "
        "way; 1 otherwise."
    )
    parser.add_argument(
        "results",
        type=Path,
        nargs="?",
        help="an experiment's folder, e.g. results/digits, to look at what is there without a config; "
        "logs/ and .snakemake/ are beside results/",
    )
    add_config(parser)
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the findings there too")


def run(arguments: argparse.Namespace) -> int:
    from ..doctor.as_text import as_text
    from ..doctor.diagnose import diagnose

    if arguments.results is None:
        from ..planning.settings import read_settings
        from ..workflow import Plan

        plan = Plan(read_settings(arguments.configfile, arguments.changes))
        found = diagnose(Path(), plan.config.experiment, plan)
    else:
        results = arguments.results.absolute()
        if not results.is_dir():
            raise UserError(f"{arguments.results}: is no folder; give an experiment's, e.g. results/digits")
        found = diagnose(results.parents[1], results.name)
    if arguments.json:
        found.save(arguments.json)
    print(as_text(found), end="")
    return 0 if found.healthy else 1
