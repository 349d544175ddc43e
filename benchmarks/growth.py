"""How planning, statistics and the report grow with the number of trainings: 10, 100 and 1,000.

A training is a model with a seed. Planned are ten models with ever more seeds, by snakemake -n and by
dcanet plan, for which they stand in a config. Compared and reported are ever more models with one seed,
each with 1,000 images, ten classes and 100 epochs; their results are made up and written by the code that
writes real ones, and predictions of theirs lie beside.

The figures are processor time, user and system, which does not count waiting for a core that somebody else
uses. Statistics and report are timed in a fork of this process, so that the time to import them does not
flatten the slope; that is log(t2 / t1) / log(n2 / n1) from one size to the next. Memory is that of the
largest process.
"""

import argparse
import math
import shutil
import sys
import tempfile
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import numpy as np
import yaml
from tqdm import tqdm

from dcanet.sheets import Pair, read_pairs
from dcanet.statistics.experiment import experiment_statistics
from dcanet.statistics.settings import Settings

from .commands import ROOT, Used, beside_python, used_by, used_in_a_fork, workflow_in
from .outcome import Figure, Outcome, Stopwatch

# Tests know how to make results up.
sys.path[:0] = [str(ROOT / "tests"), str(ROOT / "tests" / "report")]

from experiments import copies, large, rendered  # noqa: E402
from made_up import run_folder  # noqa: E402
from prediction_sets import predictions_of  # noqa: E402

IMAGES, CLASSES = 1000, 10
PLANNED = ["se_resnet50", "sk_resnet50", "ge_resnet50", "gc_resnet50", "cbam_resnet50"]
SNAKEMAKE, PLAN, STATISTICS, REPORT = "snakemake -n", "dcanet plan", "statistics", "report"


def add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--sizes", type=int, nargs="+", default=[10, 100, 1000], help="default: %(default)s")


def measure(options: argparse.Namespace) -> Outcome:
    watch = Stopwatch("growth")
    found: dict[str, dict[int, Used]] = {name: {} for name in (SNAKEMAKE, PLAN, STATISTICS, REPORT)}
    megabytes = {}
    with tempfile.TemporaryDirectory() as place:
        folder = workflow_in(Path(place))
        for size in tqdm(options.sizes, desc="sizes", leave=False, disable=None):
            config = planned(folder, size)
            found[SNAKEMAKE][size] = used_by(
                [beside_python("snakemake"), "-n", "--quiet", "all", "--configfile", config], folder
            )
            found[PLAN][size] = used_by([beside_python("dcanet"), "plan", "--configfile", config], folder)
            results, pairs = folder / "results" / f"of_{size}", pairs_of(size)
            make_up(results, pairs)
            found[STATISTICS][size] = used_in_a_fork(STATISTICS, statistics_of(results, pairs))
            found[REPORT][size] = used_in_a_fork(REPORT, report_of(results, pairs, folder / "out"))
            megabytes[size] = (folder / "out" / "index.html").stat().st_size / 1e6
            shutil.rmtree(results)
    figures = [figure for name, of_size in found.items() for figure in slopes(name, of_size)]
    last = max(options.sizes)
    for name, of_size in found.items():
        target = "growth_seconds" if name in (STATISTICS, REPORT) else "growth_plan_seconds"
        figures.append(
            Figure(
                target=target,
                case=f"{name}, {last:,} trainings",
                value=of_size[last].processor_seconds,
                sides={"clock_s": of_size[last].seconds},
            )
        )
    largest = max(found, key=lambda name: found[name][last].memory_gib)
    memory = found[largest][last].memory_gib
    figures.append(Figure(target="growth_memory", case=f"{last:,} trainings: {largest}", value=memory))
    details = {name: {str(size): vars(used) for size, used in of.items()} for name, of in found.items()}
    return watch.done(figures, details | {"index_html_mb": {str(n): mb for n, mb in megabytes.items()}}, {})


def planned(folder: Path, size: int) -> str:
    """A config of ten models with so many trainings."""
    config = yaml.safe_load((folder / "config" / "config.yaml").read_text())
    del config["detection"], config["options"]
    models = 2 * len(PLANNED)
    config |= {"pairs": PLANNED[: max(1, size // 2)], "seeds": list(range(max(1, size // models)))}
    name = f"config/of_{size}.yaml"
    (folder / name).write_text(yaml.safe_dump(config))
    return name


def pairs_of(size: int) -> list[Pair]:
    connected = [pair for pair in read_pairs(ROOT / "config" / "pairs.tsv") if pair.connected]
    return copies(connected, size // 2)


def make_up(results: Path, pairs: list[Pair]) -> None:
    large(results, pairs, IMAGES, CLASSES)
    random = np.random.default_rng(0)
    ease = random.normal(size=IMAGES)
    for number, model in enumerate(model for pair in pairs for model in pair.models):
        right = 0.7 + ease + random.normal(size=IMAGES) > 0
        answers = predictions_of(right, classes=CLASSES, seed=number)
        answers.save(run_folder(results, model.id, 0) / "eval" / "predictions.parquet")


def statistics_of(results: Path, pairs: list[Pair]) -> Callable[[], None]:
    return lambda: experiment_statistics(results, pairs, [], Settings()).save(results / "found.json")


def report_of(results: Path, pairs: list[Pair], out: Path) -> Callable[[], None]:
    def work() -> None:
        rendered(results, pairs, [], out)

    return work


def slopes(name: str, of_size: dict[int, Used]) -> list[Figure]:
    sizes = sorted(of_size)
    return [
        Figure(
            target="growth_slope",
            case=f"{name}, {few:,} to {many:,} trainings",
            value=math.log(of_size[many].processor_seconds / of_size[few].processor_seconds)
            / math.log(many / few),
            sides={
                f"processor_s_of_{few}": of_size[few].processor_seconds,
                f"processor_s_of_{many}": of_size[many].processor_seconds,
            },
        )
        for few, many in pairwise(sizes)
    ]
