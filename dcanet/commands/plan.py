"""dcanet plan: what a config will cost, before anything runs."""

import argparse
import os
from pathlib import Path

from ..errors import UserError
from .options import add_config


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add_config(parser)
    parser.add_argument(
        "--gpus",
        "--cores",
        type=int,
        dest="devices",
        metavar="N",
        help="GPUs, or cores of a processor, that share the work (default: training.processes, or the cores "
        "of this machine)",
    )
    parser.add_argument(
        "--device-spec",
        metavar="DEVICE",
        help="what to plan for: h100, h200, a100, v100, gpu or cpu (default: what the config takes here)",
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the estimate there too")


def run(arguments: argparse.Namespace) -> None:
    from ..planning.as_text import as_text
    from ..planning.devices import device_here, find_device
    from ..planning.estimate import make_estimate
    from ..planning.settings import read_settings
    from ..workflow import Plan

    if arguments.devices is not None and arguments.devices < 1:
        raise UserError("--gpus: must be at least 1")
    plan = Plan(read_settings(arguments.configfile, arguments.changes))
    spec = arguments.device_spec
    device = find_device(spec) if spec else device_here(plan.device)
    count = arguments.devices or (plan.config.training.processes if device.is_gpu else _cores())
    estimate = make_estimate(plan, device, count)
    if arguments.json:
        estimate.save(arguments.json)
    print(as_text(estimate, str(arguments.configfile)), end="")


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
