"""dcanet evaluate: top-1, top-5 and per-image predictions of stored weights."""

import argparse
from pathlib import Path

from .options import add_device, use_threads


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--weights", type=Path, required=True, help="model.safetensors of `dcanet train`")
    parser.add_argument("--data", type=Path, required=True, help="folder with val/<class>/<image>")
    parser.add_argument("--recipe", type=Path, help="recipe whose preprocessing to use")
    parser.add_argument("--resize", type=int, default=256, help="without --recipe (default: %(default)s)")
    parser.add_argument("--crop", type=int, default=224, help="without --recipe (default: %(default)s)")
    parser.add_argument("--out", type=Path, required=True, help="folder for metrics and predictions")
    parser.add_argument("--batch-size", type=int, default=50, help="default: %(default)s")
    parser.add_argument("--workers", type=int, default=0, help="loader processes (default: %(default)s)")
    add_device(parser)


def run(arguments: argparse.Namespace) -> None:
    from ..data.settings import Preprocessing
    from ..training.recipe import load_recipe

    if arguments.recipe:
        preprocessing = load_recipe(arguments.recipe).preprocessing
    else:
        preprocessing = Preprocessing(resize=arguments.resize, crop=arguments.crop)
    use_threads(arguments)
    from ..evaluation.evaluate import evaluate

    metrics = evaluate(
        arguments.weights,
        arguments.data,
        preprocessing,
        arguments.out,
        arguments.batch_size,
        arguments.workers,
        arguments.device,
    )
    print(
        f"{metrics.model}, {metrics.origin}: top-1 {metrics.top1_percent:.2f} %, "
        f"top-5 {metrics.top5_percent:.2f} % of {metrics.images} images"
    )
