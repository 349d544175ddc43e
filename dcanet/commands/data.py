"""dcanet data: make, describe or check a data set."""

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import UserError
from .options import as_mapping

if TYPE_CHECKING:
    from ..data.check import Check
    from ..data.coco_check import CocoCheck
    from ..data.coco_dataset import CocoDataset
    from ..documents import Dataset


def add_arguments(parser: argparse.ArgumentParser) -> None:
    kinds = parser.add_subparsers(dest="kind", required=True, metavar="KIND")
    digits = kinds.add_parser("digits", help="write the embedded digits as an ImageFolder")
    digits.add_argument("--out", type=Path, required=True, help="folder to write")
    digits.add_argument("--image-size", type=int, default=32, help="side in pixels (default: %(default)s)")
    digits.add_argument(
        "--seed", type=int, default=0, help="of the crops and the split (default: %(default)s)"
    )
    scenes = kinds.add_parser(
        "scenes", help="write pictures of several embedded digits with their boxes, as a COCO data set"
    )
    scenes.add_argument("--out", type=Path, required=True, help="folder to write")
    scenes.add_argument("--images-train", type=int, default=800, help="default: %(default)s")
    scenes.add_argument("--images-val", type=int, default=200, help="default: %(default)s")
    scenes.add_argument(
        "--image-size", type=int, default=128, help="side in pixels, a multiple of 32 (default: %(default)s)"
    )
    scenes.add_argument(
        "--seed", type=int, default=0, help="of all draws, and of the split (default: %(default)s)"
    )
    make = kinds.add_parser("make", help="write a plug-in's data set as an ImageFolder")
    make.add_argument("name", metavar="NAME", help="as the plug-in registers it")
    make.add_argument("--out", type=Path, required=True, help="folder to write")
    make.add_argument(
        "--set",
        action="append",
        default=[],
        dest="settings",
        metavar="KEY=VALUE",
        help="a setting of the data set; may be repeated",
    )
    describe = kinds.add_parser("describe", help="count and fingerprint a data set without decoding it")
    describe.add_argument("folder", type=Path, help="folder of the data set, in any layout of docs/data.md")
    describe.add_argument("--out", type=Path, required=True, help="dataset.json to write")
    describe.add_argument(
        "--splits",
        nargs="+",
        choices=("train", "val"),
        default=("train", "val"),
        help="default: train and val",
    )
    check = kinds.add_parser("check", help="decode every image and look for what is wrong with a data set")
    check.add_argument("folder", type=Path, help="folder of the data set, in any layout of docs/data.md")
    check.add_argument("--workers", type=int, help="decoding processes (default: one for each core)")
    check.add_argument(
        "--on-bad-image",
        choices=("stop", "skip"),
        default="stop",
        help="stop: broken images are an error; skip: they are listed in --out, to be left out "
        "(default: %(default)s)",
    )
    check.add_argument("--out", type=Path, help="dataset.json to write unless the check fails")
    check.add_argument(
        "--splits", nargs="+", choices=("train", "val", "test"), default=(), help="default: those there are"
    )


def run(arguments: argparse.Namespace) -> None:
    if arguments.kind == "check":
        _check(arguments)
        return
    dataset: Dataset | CocoDataset
    if arguments.kind == "digits":
        from ..data.digits import write_digits

        dataset = write_digits(arguments.out, arguments.image_size, arguments.seed)
    elif arguments.kind == "scenes":
        from ..data.scenes import write_scenes

        counts = (arguments.images_train, arguments.images_val)
        dataset = write_scenes(arguments.out, *counts, arguments.image_size, arguments.seed)
    elif arguments.kind == "make":
        from ..data.own import write_own

        dataset = write_own(arguments.out, arguments.name, as_mapping(arguments.settings, "--set"))
    else:
        dataset = _described(arguments)
        dataset.save(arguments.out)
    print(_counts(dataset))


def _described(arguments: argparse.Namespace) -> "Dataset | CocoDataset":
    from ..data.coco_files import is_coco

    name = arguments.folder.resolve().name
    if is_coco(arguments.folder):
        from ..data.coco_describe import describe_coco

        return describe_coco(arguments.folder, name, arguments.splits)
    from ..data.describe import describe

    return describe(arguments.folder, name, arguments.splits)


def _counts(dataset: "Dataset | CocoDataset") -> str:
    from ..data.coco_dataset import CocoDataset

    images = " and ".join(f"{facts.images} {split}" for split, facts in dataset.splits.items())
    if isinstance(dataset, CocoDataset):
        boxes = " and ".join(str(facts.boxes) for facts in dataset.splits.values())
        return f"{dataset.name}: {len(dataset.categories)} categories, {images} images, {boxes} boxes"
    return f"{dataset.name}: {len(dataset.classes)} classes, {images} images"


def _check(arguments: argparse.Namespace) -> None:
    from ..data.coco_files import is_coco

    skip = arguments.on_bad_image == "skip"
    found: Check | CocoCheck
    if is_coco(arguments.folder):
        from ..data import coco_findings
        from ..data.coco_check import check_coco

        found = check_coco(arguments.folder, arguments.workers, arguments.splits)
        lines, problem = coco_findings.summary(found), coco_findings.verdict(found, skip)
    else:
        from ..data import findings
        from ..data.check import check

        found = check(arguments.folder, arguments.workers, arguments.splits)
        lines, problem = findings.summary(found), findings.verdict(found, skip)
    for line in lines:
        print(line)
    if arguments.out and not problem:
        found.dataset.save(arguments.out)
    print()
    if problem:
        sys.stdout.flush()  # the problem on standard error is the last line
        raise UserError(f"{arguments.folder}: {problem}")
    skipped = f", {found.bad_images:,} broken to be skipped" if found.bad_images else ""
    images = sum(len(split.images) for split in found.splits)
    print(f"{images:,} images checked{skipped}" + (f"; written to {arguments.out}" if arguments.out else ""))
