"""dcanet data: make, describe or check a data set."""

import argparse
import sys
from pathlib import Path

from ..errors import UserError


def add_arguments(parser: argparse.ArgumentParser) -> None:
    kinds = parser.add_subparsers(dest="kind", required=True, metavar="KIND")
    digits = kinds.add_parser("digits", help="write the embedded digits as an ImageFolder")
    digits.add_argument("--out", type=Path, required=True, help="folder to write")
    digits.add_argument("--image-size", type=int, default=32, help="side in pixels (default: %(default)s)")
    digits.add_argument(
        "--seed", type=int, default=0, help="of the crops and the split (default: %(default)s)"
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
    if arguments.kind == "digits":
        from ..data.digits import write_digits

        dataset = write_digits(arguments.out, arguments.image_size, arguments.seed)
    else:
        from ..data.describe import describe

        dataset = describe(arguments.folder, arguments.folder.resolve().name, arguments.splits)
        dataset.save(arguments.out)
    counts = " and ".join(f"{facts.images} {split}" for split, facts in dataset.splits.items())
    print(f"{dataset.name}: {len(dataset.classes)} classes, {counts} images")


def _check(arguments: argparse.Namespace) -> None:
    from ..data.check import check
    from ..data.findings import summary, verdict

    skip = arguments.on_bad_image == "skip"
    found = check(arguments.folder, arguments.workers, arguments.splits)
    for line in summary(found):
        print(line)
    problem = verdict(found, skip)
    if arguments.out and not problem:
        found.dataset.save(arguments.out)
    print()
    if problem:
        sys.stdout.flush()  # the problem on standard error is the last line
        raise UserError(f"{arguments.folder}: {problem}")
    skipped = f", {found.bad_images:,} broken to be skipped" if found.bad_images else ""
    images = sum(len(split.images) for split in found.splits)
    print(f"{images:,} images checked{skipped}" + (f"; written to {arguments.out}" if arguments.out else ""))
