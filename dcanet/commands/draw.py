"""dcanet draw: what a detector and its baseline find in some images, side by side."""

import argparse
from pathlib import Path

from ..errors import UserError


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--data", type=Path, required=True, help="the data set's folder, in COCO's layout")
    parser.add_argument(
        "--dataset", type=Path, help="dataset.json of `dcanet data check`, whose bad images are left out"
    )
    for side in ("baseline", "detector"):
        parser.add_argument(
            f"--{side}",
            required=True,
            metavar="NAME=DETECTIONS",
            help=f"the {side}'s name and detections.parquet",
        )
    parser.add_argument("--images", type=int, default=4, help="how many (default: %(default)s)")
    parser.add_argument("--score", type=float, default=0.3, help="least of a box (default: %(default)s)")
    parser.add_argument("--out", type=Path, required=True, help="JSON file to write")


def run(arguments: argparse.Namespace) -> None:
    names, files = zip(*(_named(arguments, side) for side in ("baseline", "detector")), strict=True)
    from ..data.coco import read_coco
    from ..data.coco_dataset import CocoDataset
    from ..detection_documents import DetectionPictures
    from ..evaluation.detections import Detections
    from ..report.detection_pictures import detection_pictures

    checked = CocoDataset.load(arguments.dataset) if arguments.dataset else None
    split = read_coco(arguments.data, "val", checked)
    baseline, detector = (Detections.load(file) for file in files)
    drawn = detection_pictures(
        split.images, split.categories, baseline, detector, arguments.images, arguments.score
    )
    DetectionPictures(baseline=names[0], detector=names[1], dataset=arguments.data.name, pictures=drawn).save(
        arguments.out
    )
    print(f"{len(drawn)} images drawn: {', '.join(str(picture.image_id) for picture in drawn)}")


def _named(arguments: argparse.Namespace, side: str) -> tuple[str, Path]:
    text = getattr(arguments, side)
    name, separator, path = text.partition("=")
    if not name or not separator or not path:
        raise UserError(
            f"--{side} {text!r}: expected NAME=DETECTIONS, as retinanet_resnet50=detections.parquet"
        )
    return name, Path(path)
