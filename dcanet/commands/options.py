"""Arguments that several verbs take."""

import argparse
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from ..errors import UserError
from ..models.forms import is_model
from ..own_pairs import with_registered
from ..sheets import Pair, read_pairs
from ..weights import networks
from ..yaml_text import parse_yaml


def add_device(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--device", choices=("auto", "cpu", "cuda"), default="auto", help="auto takes a GPU when there is one"
    )
    parser.add_argument(
        "--threads", type=int, default=None, help="processor threads (default: torch's choice)"
    )


def add_ranks(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--processes",
        type=int,
        default=1,
        help="ranks on this machine, or on each node, that share the work, each on a GPU where there are "
        "some (default: %(default)s)",
    )
    parser.add_argument(
        "--nodes",
        type=int,
        default=1,
        help="of the SLURM job that this runs in; elsewhere start this command on every machine by torchrun "
        "(default: %(default)s)",
    )


def add_sheets(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--pairs", type=Path, default=Path("config/pairs.tsv"), help="sheet (default: %(default)s)"
    )
    parser.add_argument(
        "--detectors", type=Path, default=Path("config/detectors.tsv"), help="sheet (default: %(default)s)"
    )
    add_own_pairs(parser)


def add_own_pairs(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--also",
        nargs="+",
        default=[],
        metavar="MODEL",
        help="pairs that have no row in the sheet: ids of baselines, or of connected models",
    )


def pairs_of_sheet(arguments: argparse.Namespace) -> list[Pair]:
    """Those of --pairs and --also; UserError for what is wrong with either."""
    rows = read_pairs(arguments.pairs)
    try:
        return with_registered(rows, arguments.also)
    except UserError as error:
        raise UserError(f"--also: {error}") from error


def add_config(parser: argparse.ArgumentParser) -> None:
    """A config file with changes, for what needs no data of it (`planning.settings.read_settings`)."""
    parser.add_argument(
        "--configfile",
        type=Path,
        default=Path("config/config.yaml"),
        help="as for snakemake; its data need not be there (default: %(default)s)",
    )
    parser.add_argument(
        "--set",
        action="append",
        default=[],
        dest="changes",
        metavar="KEY=VALUE",
        help="change a key of the config, e.g. training.processes=1; may be repeated",
    )


def add_settings(parser: argparse.ArgumentParser) -> None:
    """How networks are compared."""
    parser.add_argument(
        "--alpha",
        type=float,
        default=0.05,
        help="intervals are at 1 - alpha, verdicts at adjusted p (default: %(default)s)",
    )
    parser.add_argument(
        "--adjust",
        choices=("holm", "fdr_bh"),
        default="holm",
        help="of p-values over the networks: Holm, or Benjamini and Hochberg's false discovery rate "
        "(default: %(default)s)",
    )
    parser.add_argument(
        "--resamples",
        type=int,
        default=10_000,
        help="of the images, for NLL and calibration (default: %(default)s)",
    )


def add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--option",
        action="append",
        default=[],
        metavar="[MODEL:]KEY=VALUE",
        help="change an option of a model, e.g. matching=one_layer; may be repeated",
    )


def use_threads(arguments: argparse.Namespace) -> None:
    """Let torch use --threads processor threads."""
    if arguments.threads is not None:
        if arguments.threads < 1:
            raise UserError("--threads: must be at least 1")
        import torch

        torch.set_num_threads(arguments.threads)


def options_of(model: str, given: list[str], detectors_too: bool = False) -> dict[str, Any]:
    """The `--option` values that are for this model, checked; UserError names the option and the fix."""
    if not (networks.is_network(model) if detectors_too else is_model(model)):
        raise UserError(networks.unknown(model))
    chosen: dict[str, Any] = {}
    for text in given:
        key, separator, value = text.partition("=")
        owner, colon, name = key.rpartition(":")
        if not separator or not name:
            raise UserError(f"--option {text!r}: expected KEY=VALUE or MODEL:KEY=VALUE")
        if not colon or owner == model:
            chosen[name] = parse_yaml(value, f"--option {text!r}")
    try:
        networks.resolve_options(model, **chosen)
    except ValueError as error:
        raise UserError(f"--option: {error}") from error
    return chosen


def as_mapping(given: list[str], option: str) -> dict[str, Any]:
    """Values by their keys, of KEY=VALUE as YAML reads it; UserError names the option."""
    found = {}
    for text in given:
        key, separator, value = text.partition("=")
        if not separator or not key:
            raise UserError(f"{option} {text!r}: expected KEY=VALUE")
        found[key] = parse_yaml(value, f"{option} {text!r}")
    return found


def on_ranks(arguments: argparse.Namespace, work: Callable[[], None]) -> int | None:
    """Do `work` on --processes ranks of each of --nodes; the exit code.

    On one node they get GPUs that no other job on this machine has; over several, those that SLURM gave.

    In a process that is a rank already it is just done.
    """
    from ..distributed.gpus import claim_gpus
    from ..distributed.launch import is_rank, launch

    for name in ("processes", "nodes"):
        if getattr(arguments, name) < 1:
            raise UserError(f"--{name}: must be at least 1")
    if is_rank():
        _told(work)
        return None
    module = ["-m", "dcanet.cli", *arguments.command_line]
    if arguments.nodes > 1:
        from ..distributed.nodes import launch_on_nodes

        cores = arguments.processes * ((arguments.threads or 1) + arguments.workers)
        return launch_on_nodes(module, arguments.nodes, arguments.processes, cores)
    with claim_gpus(arguments.processes, arguments.device):
        if arguments.processes > 1:
            return launch([sys.executable, *module], arguments.processes)
        _told(work)
    return None


def _told(work: Callable[[], None]) -> None:
    """Do `work`; torch tells of a killed loader process anywhere, the user hears of it in one line."""
    try:
        work()
    except RuntimeError as error:
        from ..data.loader import death_of_worker

        if told := death_of_worker(error):
            raise told from error
        raise
