"""Time until the first words: dcanet --help, and snakemake -n of the default config and of the paper's.

Each command is started anew in every round, in a folder where nothing has run. The figures are processor
time, user and system: these commands compute on one core and wait for nothing, so it is what they take
where nobody else uses the machine. Beside it stand the seconds by the clock. Which commands import torch is
found by Python's own list of imports (-X importtime).
"""

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from tqdm import tqdm

from dcanet.cli import VERBS

from .commands import ROOT, Used, beside_python, used_by, workflow_in
from .outcome import Figure, Outcome, Stopwatch


def add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--rounds", type=int, default=5, help="default: %(default)s")


def measure(options: argparse.Namespace) -> Outcome:
    watch = Stopwatch("startup")
    with tempfile.TemporaryDirectory() as place:
        folder = workflow_in(Path(place))
        paper = folder / "data" / "imagenet"
        for split in ("train", "val"):
            (paper / split / "n01440764").mkdir(parents=True)
        commands = {
            "dcanet --help": ("dcanet", ["--help"]),
            "snakemake -n": ("snakemake", ["-n"]),
            "snakemake -n --configfile config/paper.yaml": (
                "snakemake",
                ["-n", "--configfile", "config/paper.yaml"],
            ),
        }
        found: dict[str, list[Used]] = {name: [] for name in commands}
        for program, arguments in commands.values():
            used_by([beside_python(program), *arguments], folder)  # writes Python's caches
        for _ in tqdm(range(options.rounds), desc="rounds", leave=False, disable=None):
            for name, (program, arguments) in commands.items():
                found[name].append(used_by([beside_python(program), *arguments], folder))
        asked = [(program, arguments) for program, arguments in commands.values()]
        asked += [("dcanet", [verb, "--help"]) for verb in VERBS]
        early = [
            " ".join([program, *arguments])
            for program, arguments in tqdm(asked, desc="imports", leave=False, disable=None)
            if imports_torch(program, arguments, folder)
        ]
    figures = [figure(name, rounds) for name, rounds in found.items()]
    figures.append(
        Figure(
            target="early_torch",
            case=f"{len(asked)} commands: these, and --help of each verb",
            value=len(early),
            note=", ".join(early),
        )
    )
    details: dict[str, Any] = {name: [vars(used) for used in rounds] for name, rounds in found.items()}
    return watch.done(figures, details, {})


def figure(name: str, rounds: list[Used]) -> Figure:
    is_help = name.startswith("dcanet")
    return Figure.of(
        "help" if is_help else "dry_run",
        name,
        [used.processor_seconds for used in rounds],
        sides={
            "clock_s": statistics.median(used.seconds for used in rounds),
            "clock_least_s": min(used.seconds for used in rounds),
            "memory_gib": max(used.memory_gib for used in rounds),
        },
        limit="Python's own start" if is_help else "importing Snakemake and its plug-ins",
    )


def imports_torch(program: str, arguments: list[str], folder: Path) -> bool:
    module = "dcanet.cli" if program == "dcanet" else program
    shown = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", module, *arguments],
        cwd=folder,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=True,
    )
    return any(line.rpartition("|")[2].strip() == "torch" for line in shown.stderr.splitlines())
