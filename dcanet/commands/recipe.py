"""dcanet recipe: a plug-in's training recipe as a file."""

import argparse
from pathlib import Path

import yaml

from ..files import write_text
from ..plugins.recipes import RECIPES


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("name", metavar="NAME", help="as the plug-in registers it")
    parser.add_argument("--out", type=Path, help="file to write (default: print it)")


def run(arguments: argparse.Namespace) -> None:
    text = yaml.safe_dump(RECIPES[arguments.name], sort_keys=False)
    if arguments.out:
        write_text(arguments.out, text)
    else:
        print(text, end="")
