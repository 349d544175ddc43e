"""Arguments that several verbs take."""

import argparse
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import yaml

from ..errors import UserError, nearest
from ..models.forms import TRIPLES
from ..weights import networks


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
        help="ranks on this machine that share the work, each on a GPU where there are some; for several "
        "machines start this command by torchrun (default: %(default)s)",
    )


def add_sheets(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--pairs", type=Path, default=Path("config/pairs.tsv"), help="sheet (default: %(default)s)"
    )
    parser.add_argument(
        "--detectors", type=Path, default=Path("config/detectors.tsv"), help="sheet (default: %(default)s)"
    )


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
    known = networks.names() if detectors_too else list(TRIPLES)
    if model not in TRIPLES and not (detectors_too and networks.is_network(model)):
        raise UserError(f"unknown model {model!r}{nearest(model, known)}")
    chosen: dict[str, Any] = {}
    for text in given:
        key, separator, value = text.partition("=")
        owner, colon, name = key.rpartition(":")
        if not separator or not name:
            raise UserError(f"--option {text!r}: expected KEY=VALUE or MODEL:KEY=VALUE")
        if not colon or owner == model:
            chosen[name] = yaml.safe_load(value)
    try:
        networks.resolve_options(model, **chosen)
    except ValueError as error:
        raise UserError(f"--option: {error}") from error
    return chosen


def on_ranks(arguments: argparse.Namespace, work: Callable[[], None]) -> int | None:
    """Do `work` on --processes ranks, with GPUs that no other job on this machine has; the exit code.

    In a process that is a rank already it is just done.
    """
    from ..distributed.gpus import claim_gpus
    from ..distributed.launch import is_rank, launch

    if arguments.processes < 1:
        raise UserError("--processes: must be at least 1")
    if is_rank():
        _told(work)
        return None
    with claim_gpus(arguments.processes, arguments.device):
        if arguments.processes > 1:
            command = [sys.executable, "-m", "dcanet.cli", *arguments.command_line]
            return launch(command, arguments.processes)
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
