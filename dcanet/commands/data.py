"""dcanet data: make or describe a data set."""

import argparse
from pathlib import Path


def add_arguments(parser: argparse.ArgumentParser) -> None:
    kinds = parser.add_subparsers(dest="kind", required=True, metavar="KIND")
    digits = kinds.add_parser("digits", help="write the embedded digits as an ImageFolder")
    digits.add_argument("--out", type=Path, required=True, help="folder to write")
    digits.add_argument("--image-size", type=int, default=32, help="side in pixels (default: %(default)s)")
    digits.add_argument(
        "--seed", type=int, default=0, help="of the crops and the split (default: %(default)s)"
    )
    describe = kinds.add_parser("describe", help="count and fingerprint an existing ImageFolder")
    describe.add_argument("folder", type=Path, help="folder that has train/ and val/")
    describe.add_argument("--out", type=Path, required=True, help="dataset.json to write")


def run(arguments: argparse.Namespace) -> None:
    if arguments.kind == "digits":
        from ..data.digits import write_digits

        dataset = write_digits(arguments.out, arguments.image_size, arguments.seed)
    else:
        from ..data.folder import describe

        dataset = describe(arguments.folder, arguments.folder.name)
        dataset.save(arguments.out)
    print(
        f"{dataset.name}: {len(dataset.classes)} classes, {dataset.train_images} train and "
        f"{dataset.val_images} val images"
    )
