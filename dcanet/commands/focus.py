"""dcanet focus: where the networks of a pair look after each stage, by Grad-CAM, and how far that drifts."""

import argparse
from pathlib import Path

from ..errors import UserError
from .options import add_device, use_threads


def add_arguments(parser: argparse.ArgumentParser) -> None:
    for side in ("baseline", "connected"):
        parser.add_argument(
            f"--{side}",
            type=Path,
            required=True,
            nargs="+",
            metavar="WEIGHTS",
            help=f"model.safetensors of the {side} network; of several pairs, in the same order",
        )
    parser.add_argument("--data", type=Path, required=True, help="the data set's folder, with a val split")
    parser.add_argument(
        "--dataset", type=Path, help="dataset.json of `dcanet data check`, whose bad images are left out"
    )
    parser.add_argument("--recipe", type=Path, help="recipe whose preprocessing to use")
    parser.add_argument("--resize", type=int, default=256, help="without --recipe (default: %(default)s)")
    parser.add_argument("--crop", type=int, default=224, help="without --recipe (default: %(default)s)")
    parser.add_argument(
        "--number",
        type=int,
        default=100,
        help="of images that the numbers are of, evenly spread over the split (default: %(default)s)",
    )
    parser.add_argument(
        "--images", nargs="+", default=[], metavar="ID", help="those to draw, as <class>/<file name>"
    )
    parser.add_argument(
        "--pictures",
        type=int,
        default=4,
        help="without --images: how many to draw, evenly spread (default: %(default)s)",
    )
    parser.add_argument(
        "--of",
        choices=("true-class", "answer"),
        default="true-class",
        help="the class whose evidence is drawn (default: %(default)s)",
    )
    parser.add_argument("--out", type=Path, required=True, help="JSON file to write")
    add_device(parser)


def run(arguments: argparse.Namespace) -> None:
    baselines, connected = arguments.baseline, arguments.connected
    if len(baselines) != len(connected):
        raise UserError(
            f"--baseline names {len(baselines)} files, --connected {len(connected)}; name the partner of each"
        )
    for name, least in (("number", 2), ("pictures", 0), ("crop", 1), ("resize", 1)):
        if getattr(arguments, name) < least:
            raise UserError(f"--{name}: must be at least {least}")
    use_threads(arguments)
    from ..comparison_documents import NotCompared
    from ..data.settings import Preprocessing
    from ..device import choose_device
    from ..focus.pairs import Wanted, focus_of
    from ..focus.partners import partners
    from ..training.recipe import Recipe, load_recipe

    if arguments.recipe:
        preprocessing = load_recipe(arguments.recipe, Recipe).preprocessing
    else:
        preprocessing = Preprocessing(resize=arguments.resize, crop=arguments.crop)
    pairs = [partners(*files, preprocessing.crop) for files in zip(baselines, connected, strict=True)]
    wanted = Wanted(arguments.number, arguments.pictures, arguments.images, arguments.of == "answer")
    found = focus_of(
        pairs, arguments.data, preprocessing, wanted, choose_device(arguments.device), arguments.dataset
    )
    found.save(arguments.out)
    for name, pair in found.pairs.items():
        if isinstance(pair.overall, NotCompared):
            print(f"{name}: {pair.overall.reason}")
            continue
        shift, overlap = pair.overall.shift, pair.overall.overlap
        print(
            f"{name}: from stage to stage the focus moves {_percent(shift.baseline.value)} of the side, "
            f"connected {_percent(shift.connected.value)}; overlap {_percent(overlap.baseline.value)}, "
            f"connected {_percent(overlap.connected.value)}; {pair.overall.images} images"
        )


def _percent(share: float) -> str:
    return f"{100 * share:.1f} %"
