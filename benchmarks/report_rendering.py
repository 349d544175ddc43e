"""Time to render reports of the default size, of the paper's, and of 1,000 models, and how large they get.

    PYTHONPATH=tests:tests/report python benchmarks/report_rendering.py

Results are made up and written as the stages write them, predictions of 50,000 images too. The limits are
10 s and 12 MB for the paper's size, and 6 MB by default.
"""

import argparse
import os
import resource
import tempfile
import time
from pathlib import Path

import numpy as np
from experiments import copies, large, rendered
from made_up import run_folder
from prediction_sets import predictions_of

from dcanet.provenance import processor
from dcanet.sheets import Detector, Pair, read_detectors, read_pairs

SHEETS = Path(__file__).parents[1] / "config"


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--models", type=int, default=1000, help="of the largest (default: %(default)s)")
    options = parser.parse_args()
    pairs = read_pairs(SHEETS / "pairs.tsv")
    detectors = read_detectors(SHEETS / "detectors.tsv")
    connected = [pair for pair in pairs if pair.connected]
    print(f"{processor()}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}\n")
    print("| report | seconds | index.html, MB |\n| --- | ---: | ---: |")
    measure("default: 33 models, 1,000 images", pairs, detectors, 1000, classes=10)
    measure("paper: 33 models, 50,000 images", pairs, detectors, 50_000, classes=1000)
    measure(f"{options.models} models", copies(connected, options.models // 2), [], 1000, classes=10)
    print(f"\nlargest memory: {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20:.2f} GiB")


def measure(name: str, pairs: list[Pair], detectors: list[Detector], images: int, classes: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        results = Path(folder) / "results"
        large(results, pairs, images, classes, detectors)
        predictions = predictions_of(np.arange(images) % 4 != 0, classes=classes)
        for pair in pairs:
            for model in pair.models:
                predictions.save(run_folder(results, model.id, 0) / "eval" / "predictions.parquet")
        started = time.perf_counter()
        index = rendered(results, pairs, detectors, Path(folder) / "out")
        seconds = time.perf_counter() - started
        print(f"| {name} | {seconds:.1f} | {index.stat().st_size / 10**6:.1f} |", flush=True)


if __name__ == "__main__":
    main()
