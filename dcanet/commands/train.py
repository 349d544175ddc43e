"""dcanet train: train one model by a recipe."""

import argparse
from pathlib import Path

from .options import add_device, add_options, options_of, use_threads


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--model", required=True, help="model id, e.g. dca_se_resnet50")
    parser.add_argument("--data", type=Path, required=True, help="folder with train/<class>/<image>")
    parser.add_argument("--recipe", type=Path, required=True, help="training recipe (YAML)")
    parser.add_argument("--out", type=Path, required=True, help="folder for weights, history and provenance")
    parser.add_argument("--seed", type=int, default=0, help="default: %(default)s")
    add_options(parser)
    add_device(parser)


def run(arguments: argparse.Namespace) -> None:
    options = options_of(arguments.model, arguments.option)
    from ..training.recipe import load_recipe

    recipe = load_recipe(arguments.recipe)
    use_threads(arguments)
    from ..training.train import train

    train(arguments.model, options, arguments.data, recipe, arguments.seed, arguments.out, arguments.device)
