"""dcanet train: train one model by a recipe."""

import argparse
from pathlib import Path
from typing import Any

from ..allocator import keep_freed_memory
from ..distributed import slurm
from ..errors import UserError
from ..signals import Interrupted
from .options import add_device, add_options, add_ranks, on_ranks, options_of, use_threads


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--model", required=True, help="id of a classifier or detector, e.g. dca_se_resnet50")
    parser.add_argument("--data", type=Path, required=True, help="the data set's folder (docs/data.md)")
    parser.add_argument(
        "--dataset", type=Path, help="dataset.json of `dcanet data check`, whose bad images are left out"
    )
    parser.add_argument("--recipe", type=Path, required=True, help="training recipe (YAML)")
    parser.add_argument(
        "--backbone",
        type=Path,
        help="a classifier's model.safetensors that a detector's backbone starts from",
    )
    parser.add_argument("--out", type=Path, required=True, help="folder for weights, history and provenance")
    parser.add_argument("--seed", type=int, default=0, help="default: %(default)s")
    parser.add_argument(
        "--state",
        type=Path,
        help="folder of the training's state: an interrupted training continues from it (default: OUT/state)",
    )
    parser.add_argument(
        "--save-minutes", type=float, default=10, help="between saves within an epoch (default: %(default)g)"
    )
    parser.add_argument(
        "--on-warning",
        choices=("stop", "requeue"),
        default="stop",
        help="after SIGUSR1 the state is saved and the exit code is 75, continue me; requeue: a warned or "
        "preempted job of SLURM is put back into the queue too, unless no step was done since it started "
        "(default: %(default)s)",
    )
    parser.add_argument(
        "--workers", type=int, default=0, help="loader processes of each rank (default: %(default)s)"
    )
    add_options(parser)
    add_ranks(parser)
    add_device(parser)


def run(arguments: argparse.Namespace) -> int | None:
    options = options_of(arguments.model, arguments.option, detectors_too=True)
    from ..detection.forms import is_detector
    from ..training.recipe import DetectionRecipe, Recipe, load_recipe

    detector = is_detector(arguments.model)
    if arguments.backbone and not detector:
        raise UserError(f"--backbone: {arguments.model} is a classifier, which starts from nothing")
    recipe = (
        load_recipe(arguments.recipe, DetectionRecipe) if detector else load_recipe(arguments.recipe, Recipe)
    )

    def work() -> None:
        use_threads(arguments)
        if not detector:  # whose images differ in size, and so would what is kept
            keep_freed_memory()
        from ..contracts.before_training import check_own_blocks
        from ..device import choose_device
        from ..distributed.ranks import join
        from ..training.job import Job
        from ..training.train import train

        if isinstance(recipe, Recipe):
            check_own_blocks(arguments.model, options, recipe.preprocessing.crop)
        job: Job[Any] = Job(
            model=arguments.model,
            options=options,
            data=arguments.data,
            recipe=recipe,
            seed=arguments.seed,
            out=arguments.out,
            state=arguments.state or arguments.out / "state",
            device=arguments.device,
            workers=arguments.workers,
            save_minutes=arguments.save_minutes,
            dataset=arguments.dataset,
            backbone=arguments.backbone,
        )
        with join(choose_device(arguments.device)) as ranks:
            try:
                train(job, ranks)
            except Interrupted as stopped:
                # Without a step since the start it would be a circle.
                if arguments.on_warning == "requeue" and stopped.steps and ranks.rank == 0:
                    slurm.requeue(stopped.warned)
                raise

    return on_ranks(arguments, work)
