"""dcanet evaluate: what stored weights of a classifier or a detector are worth, and their predictions."""

import argparse
from pathlib import Path

from ..allocator import keep_freed_memory
from ..errors import UserError
from .options import add_device, add_ranks, on_ranks, use_threads


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--weights", type=Path, help="model.safetensors of `dcanet train`")
    parser.add_argument("--data", type=Path, help="the data set's folder")
    parser.add_argument(
        "--split",
        choices=("val", "test"),
        default="val",
        help="test: an extra test set (default: %(default)s)",
    )
    parser.add_argument(
        "--dataset", type=Path, help="dataset.json of `dcanet data check`, whose bad images are left out"
    )
    parser.add_argument("--recipe", type=Path, help="recipe whose preprocessing to use")
    parser.add_argument("--resize", type=int, default=256, help="without --recipe (default: %(default)s)")
    parser.add_argument("--crop", type=int, default=224, help="without --recipe (default: %(default)s)")
    parser.add_argument("--out", type=Path, required=True, help="folder for metrics and predictions")
    parser.add_argument("--batch-size", type=int, help="of each rank (default: what suits the device)")
    parser.add_argument(
        "--workers",
        type=int,
        default=0,
        help="loader processes for a GPU; on a CPU its threads do their work (default: %(default)s)",
    )
    parser.add_argument(
        "--exact",
        action="store_true",
        help="operation by operation as in training; without it, BatchNorm and activations go into the "
        "convolutions, which is faster and differs by rounding only",
    )
    boxes = parser.add_argument_group("detectors")
    boxes.add_argument(
        "--resamples",
        type=int,
        default=1000,
        help="of the images, for the interval of AP (default: %(default)s)",
    )
    boxes.add_argument(
        "--coco-json", type=Path, metavar="FILE", help="also write the detections as COCO's server reads them"
    )
    real = parser.add_argument_group("instead of a model run: ImageNet's reassessed labels, ReaL")
    real.add_argument("--predictions", type=Path, help="predictions.parquet of ImageNet's val split")
    real.add_argument("--real", type=Path, metavar="FILE", help="real.json (arXiv 2006.07159)")
    add_ranks(parser)
    add_device(parser)


def run(arguments: argparse.Namespace) -> int | None:
    if arguments.predictions or arguments.real:
        _score_real(arguments)
        return None
    if not (arguments.weights and arguments.data):
        raise UserError("evaluate: needs --weights and --data, or --predictions and --real")
    if arguments.batch_size is not None and arguments.batch_size < 1:
        raise UserError("--batch-size: must be at least 1")
    if arguments.resamples < 2:
        raise UserError("--resamples: must be at least 2")
    return on_ranks(arguments, lambda: _evaluate(arguments))


def _evaluate(arguments: argparse.Namespace) -> None:
    from ..detection.forms import is_detector
    from ..weights.store import read_metadata

    use_threads(arguments)
    if is_detector(read_metadata(arguments.weights).model):
        _evaluate_detector(arguments)
    else:
        _evaluate_classifier(arguments)


def _evaluate_classifier(arguments: argparse.Namespace) -> None:
    keep_freed_memory()
    from ..data.settings import Preprocessing
    from ..training.recipe import Recipe, load_recipe

    if arguments.recipe:
        preprocessing = load_recipe(arguments.recipe, Recipe).preprocessing
    else:
        preprocessing = Preprocessing(resize=arguments.resize, crop=arguments.crop)
    from ..device import choose_device
    from ..distributed.ranks import join
    from ..evaluation.evaluate import evaluate

    with join(choose_device(arguments.device)) as ranks:
        metrics = evaluate(
            arguments.weights,
            arguments.data,
            preprocessing,
            arguments.out,
            arguments.batch_size,
            arguments.workers,
            arguments.device,
            split=arguments.split,
            dataset=arguments.dataset,
            exact=arguments.exact,
            ranks=ranks,
        )
    if metrics is None:
        return
    scope = f" ({metrics.scope})" if metrics.scope else ""
    skipped = f"; {metrics.bad_images_skipped} broken images left out" if metrics.bad_images_skipped else ""
    print(
        f"{metrics.model}, {metrics.origin}: top-1 {metrics.top1_percent:.2f} %, "
        f"top-5 {metrics.top5_percent:.2f} % of {metrics.images} images{scope}, NLL {metrics.nll:.3f}, "
        f"ECE {metrics.ece_percent:.2f} %{skipped}"
    )


def _evaluate_detector(arguments: argparse.Namespace) -> None:
    from ..device import choose_device
    from ..distributed.ranks import join
    from ..evaluation.evaluate_detector import evaluate_detector

    with join(choose_device(arguments.device)) as ranks:
        metrics = evaluate_detector(
            arguments.weights,
            arguments.data,
            arguments.out,
            arguments.batch_size,
            arguments.workers,
            arguments.device,
            dataset=arguments.dataset,
            exact=arguments.exact,
            resamples=arguments.resamples,
            coco_json=arguments.coco_json,
            ranks=ranks,
        )
    if metrics is None:
        return
    ap = metrics.intervals.get("ap")
    interval = f" [{ap.low:.2f}, {ap.high:.2f}]" if ap else ""
    found = metrics.numbers
    print(
        f"{metrics.model}, {metrics.origin}: AP {_percent(found.ap)}{interval}, AP50 {_percent(found.ap50)}, "
        f"AP75 {_percent(found.ap75)} of {metrics.objects:,} objects in {metrics.images:,} images; "
        f"pycocotools agrees on {metrics.oracle_images:,} of them"
    )


def _percent(value: float | None) -> str:
    return "none" if value is None else f"{value:.2f} %"


def _score_real(arguments: argparse.Namespace) -> None:
    if not (arguments.predictions and arguments.real):
        raise UserError("evaluate: --predictions and --real go together")
    if arguments.weights or arguments.data:
        raise UserError("evaluate: --predictions stands in place of --weights and --data")
    from ..evaluation.real import evaluate_real

    metrics = evaluate_real(arguments.predictions, arguments.real, arguments.out)
    print(
        f"{metrics.model}, {metrics.origin}: ReaL top-1 {metrics.top1_percent:.2f} % of {metrics.images} "
        f"images; {metrics.unlabelled_images} without a label left out"
    )
