"""dcanet statistics: whether an experiment's networks differ by more than noise."""

import argparse
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import UserError
from .options import add_settings, add_sheets, pairs_of_sheet

if TYPE_CHECKING:
    from ..comparison_documents import TableStatistics


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("results", type=Path, help="the experiment's folder, e.g. results/digits")
    add_sheets(parser)
    add_settings(parser)
    parser.add_argument("--seed", type=int, default=0, help="of the resamples (default: %(default)s)")
    parser.add_argument(
        "--pretrained",
        nargs="+",
        default=[],
        metavar="MODEL",
        help="take the weights that were not trained here, where a model has both",
    )
    parser.add_argument("--out", type=Path, required=True, help="JSON file to write")


def run(arguments: argparse.Namespace) -> None:
    from ..provenance import now, provenance
    from ..sheets import read_detectors
    from ..statistics.experiment import experiment_statistics
    from ..statistics.settings import Settings

    if arguments.seed < 0:
        raise UserError(f"--seed {arguments.seed}: must be 0 or more")
    started = now()
    found = experiment_statistics(
        arguments.results,
        pairs_of_sheet(arguments),
        read_detectors(arguments.detectors),
        Settings(arguments.alpha, arguments.adjust, arguments.resamples, arguments.seed),
        arguments.pretrained,
    )
    found.model_copy(update={"provenance": provenance(started, "cpu")}).save(arguments.out)
    print(*_lines(found), sep="\n")


def _lines(found: "TableStatistics") -> Iterator[str]:
    """The verdict on every pair, or why there is none."""
    from ..comparison_documents import NotCompared, Top1Comparison
    from ..statistics.verdict import SIGNS

    of_sets: dict[str, Mapping[str, Top1Comparison | NotCompared]] = {"": found.pairs}
    of_sets |= {f" on {test}": on_it.pairs for test, on_it in found.tests.items()}
    for where, pairs in of_sets.items():
        for name, pair in pairs.items():
            if isinstance(pair, NotCompared):
                yield f"{name}{where}: not compared: {pair.reason}"
            else:
                gain = f"top-1 {pair.top1.value:+.2f} points"
                yield f"{name}{where}: {gain}, {SIGNS[pair.verdict]} {pair.verdict}"
    for name, detector in found.detectors.items():
        if isinstance(detector, NotCompared):
            yield f"{name}: not compared: {detector.reason}"
        else:
            ap = detector.numbers["ap"]
            yield f"{name}: AP {ap.value:+.2f} points, {SIGNS[detector.verdict]} {detector.verdict}"
