"""dcanet thumbnails: the images on which networks differ most surely, small enough for the report."""

import argparse
from pathlib import Path


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("statistics", type=Path, help="statistics.json of `dcanet statistics`")
    parser.add_argument("--data", type=Path, required=True, help="the folder of the evaluated data set")
    parser.add_argument("--split", default="val", choices=("train", "val", "test"), help="default: val")
    parser.add_argument("--out", type=Path, required=True, help="JSON file to write")


def run(arguments: argparse.Namespace) -> None:
    from ..comparison_documents import TableStatistics
    from ..data.locate import list_split
    from ..report.thumbnails import thumbnails

    found = thumbnails(
        TableStatistics.load(arguments.statistics), list_split(arguments.data, arguments.split)
    )
    found.save(arguments.out)
    print(f"{len(found.pictures)} images drawn")
